import FastJSON

/// What is wrong with one field of a request, in the shape that FastAPI reports it.
public struct FieldProblem: Sendable, Equatable {
  /// One step of the way to a field.
  public enum Step: Sendable, Equatable {
    /// The member of an object.
    case name(String)
    /// The element of an array.
    case index(Int)
  }

  /// The way to the field, `body` first.
  public let location: [Step]
  /// A sentence for people.
  public let message: String
  /// A word for programs, such as `missing` or `string_type`.
  public let type: String

  /// A problem at `location`.
  public init(location: [Step], message: String, type: String) {
    self.location = location
    self.message = message
    self.type = type
  }

  /// The field is required and absent.
  package static func missing(_ location: [Step]) -> FieldProblem {
    FieldProblem(location: location, message: "Field required", type: "missing")
  }

  /// The field is not a string.
  package static func notString(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Input should be a valid string", type: "string_type")
  }

  /// The field is not an array.
  package static func notList(_ location: [Step]) -> FieldProblem {
    FieldProblem(location: location, message: "Input should be a valid list", type: "list_type")
  }

  /// The field is not an object.
  package static func notObject(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Input should be a valid dictionary", type: "dict_type")
  }

  /// The field is none that the request has.
  package static func unexpected(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Extra inputs are not permitted", type: "extra_forbidden")
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("type")
    writer.string(type)
    writer.key("loc")
    writer.beginArray()
    for step in location {
      switch step {
      case .name(let name): writer.string(name)
      case .index(let index): writer.integer(index)
      }
    }
    writer.endArray()
    writer.key("msg")
    writer.string(message)
    writer.endObject()
  }
}
