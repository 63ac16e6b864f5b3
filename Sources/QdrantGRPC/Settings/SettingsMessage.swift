/// How a message of settings and the JSON of the REST API stand for each other: one table for both
/// directions, so that settings have one set of rules, that of their JSON.
struct SettingsMessage: Sendable {
  /// A member of the JSON object and the field that it is.
  struct Field: Sendable {
    let number: UInt32
    let key: String
    let type: FieldType
    /// Whether the field's first value is meant where the wire has none.
    let isImplicit: Bool

    init(_ number: UInt32, _ key: String, _ type: FieldType, isImplicit: Bool = false) {
      self.number = number
      self.key = key
      self.type = type
      self.isImplicit = isImplicit
    }
  }

  /// What a field holds.
  indirect enum FieldType: Sendable {
    case unsigned
    case bool
    case float
    case double
    case string
    /// A list of strings.
    case strings
    /// An enumeration; its names on the side of JSON, in the order of their numbers from 0. An
    /// empty name stands for none.
    case choice([String])
    case message(@Sendable () -> SettingsMessage)
    /// A message without fields, which is `true` where it is there.
    case flag
    /// A message without fields, for which this text stands instead of the whole object.
    case name(String)
    /// A message that is the member without a name of an object.
    case unnamed(@Sendable () -> SettingsMessage)
    /// A map from names to messages, which is an object.
    case map(@Sendable () -> SettingsMessage)
    /// A map from names to values of any kind, which is an object.
    case values
  }

  /// What the message is in JSON.
  enum Form: Sendable {
    /// An object with a member for each field. A text instead of the object is one of its names,
    /// or a list of one in the first field.
    case object
    /// What its only field is: a choice between forms, or a wrapper. Which of several fields a
    /// value is for, `number` tells.
    case wrapper(number: @Sendable (JSONShape) -> UInt32)
    /// What its only field is, with the name of the field's key as the member `type`.
    case tagged
  }

  /// What is looked at of a value to tell which field it is for.
  enum JSONShape: Sendable {
    case object(keys: [String])
    case string(String)
    case other
  }

  let form: Form
  let fields: [Field]

  /// A message that is an object.
  init(_ fields: [Field]) {
    self.init(.object, fields)
  }

  init(_ form: Form, _ fields: [Field]) {
    self.form = form
    self.fields = fields
  }

  /// A wrapper of one field.
  static func wrapper(_ number: UInt32, _ type: FieldType) -> SettingsMessage {
    SettingsMessage(.wrapper { _ in number }, [Field(number, "", type)])
  }
}
