/// Why bytes are not an acceptable JSON document, and where.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, such as "expected value" or "EOF while parsing a list".
  public let message: String
  /// Line of the offending byte, counted from 1; 0 when the position is not known.
  public let line: Int
  /// Byte within its line, counted from 1; 0 when the position is not known.
  public let column: Int

  /// An error at a place that is counted from 1; 0 where the place is not known.
  public init(message: String, line: Int = 0, column: Int = 0) {
    self.message = message
    self.line = line
    self.column = column
  }

  /// The message with its position: "expected value at line 1 column 5".
  public var description: String {
    line == 0 ? message : "\(message) at line \(line) column \(column)"
  }
}
