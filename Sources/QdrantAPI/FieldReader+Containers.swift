import FastJSON

extension FieldReader {
  /// Passes every member of an object; of members with the same key the last one counts, so
  /// `body` must let a later call override an earlier one.
  func forEachField(
    of expected: String = "a map",
    _ body: (String, FieldReader) throws(DecodingFault) -> Void
  ) throws(DecodingFault) {
    guard let object = element.object else { throw unexpected(expected) }
    for (key, value) in object {
      do throws(DecodingFault) {
        try body(key, FieldReader(value))
      } catch {
        throw error.under(key)
      }
    }
  }

  /// Passes every element of a list.
  func eachElement(
    _ body: (FieldReader) throws(DecodingFault) -> Void
  ) throws(DecodingFault) {
    guard let array = element.array else { throw unexpected("a sequence") }
    var index = 0
    for value in array {
      do throws(DecodingFault) {
        try body(FieldReader(value))
      } catch {
        throw error.under(index)
      }
      index += 1
    }
  }

  /// Reads every element of a list.
  func map<T>(
    _ read: (FieldReader) throws(DecodingFault) -> T
  ) throws(DecodingFault) -> [T] {
    var values: [T] = []
    values.reserveCapacity(element.array?.count ?? 0)
    try eachElement { field throws(DecodingFault) in values.append(try read(field)) }
    return values
  }

  /// The member called `key` of an object, `nil` when it is absent or `null`.
  subscript(key: String) -> FieldReader? {
    guard let value = element.object?[key], !value.isNull else { return nil }
    return FieldReader(value)
  }

  /// Reads the member called `key`, which must be there.
  func required<T>(
    _ key: String, _ read: (FieldReader) throws(DecodingFault) -> T
  ) throws(DecodingFault) -> T {
    guard let object = element.object else { throw unexpected("a map") }
    guard let value = object[key] else { throw .missing(key) }
    do throws(DecodingFault) {
      return try read(FieldReader(value))
    } catch {
      throw error.under(key)
    }
  }

  /// Reads the member called `key` unless it is absent or `null`.
  func optional<T>(
    _ key: String, _ read: (FieldReader) throws(DecodingFault) -> T
  ) throws(DecodingFault) -> T? {
    guard let field = self[key] else { return nil }
    do throws(DecodingFault) {
      return try read(field)
    } catch {
      throw error.under(key)
    }
  }

  /// Makes sure that this is an object.
  func requireObject(_ expected: String = "a map") throws(DecodingFault) {
    guard element.kind == .object else { throw unexpected(expected) }
  }

  /// Refuses the member called `key` unless it is absent or `null`.
  func refuse(_ key: String) throws(DecodingFault) {
    if self[key] != nil { throw .unsupported("`\(key)` is") }
  }
}
