/// Secrets that are handed over as files, as container platforms do: `NAME_FILE` holds the path of
/// a file with the value of `NAME`.
public enum SecretFile {
  /// Bytes of a secret in a file of its own: keys are short.
  private static let bytesMax = 64 << 10

  /// The environment with the contents of the files in place of the variables that name them.
  ///
  /// - Parameter names: the variables that may be given as files.
  /// - Throws: `SecretFileError` when a file can't be used, or both variables are there.
  public static func resolve(
    _ names: [String], in environment: [String: String]
  ) throws(SecretFileError) -> [String: String] {
    var resolved = environment
    for name in names {
      guard let path = resolved.removeValue(forKey: name + "_FILE"), !path.isEmpty else {
        continue
      }
      if let value = environment[name], !value.isEmpty {
        throw SecretFileError(variable: name + "_FILE", reason: "\(name) is set as well; set one")
      }
      do throws(TextFile.Failure) {
        resolved[name] = try text(of: path)
      } catch {
        throw SecretFileError(
          variable: name + "_FILE", reason: "the secret \(path) \(error.reason)")
      }
    }
    return resolved
  }

  /// The contents without the line break at their end.
  private static func text(of path: String) throws(TextFile.Failure) -> String {
    var text = try TextFile.read(path, maximumBytes: bytesMax)
    while text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    guard !text.isEmpty else { throw TextFile.Failure(reason: "is empty") }
    return text
  }
}

/// Why a secret that was given as a file can't be used.
public struct SecretFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The variable that names the file.
  public let variable: String
  /// What is wrong, without the secret.
  public let reason: String

  /// One sentence for whoever starts the process.
  public var description: String { "\(variable): \(reason)" }
}
