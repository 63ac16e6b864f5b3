/// Files of certificates that a program is to trust.
enum CertificateFile {
  /// Bytes of a file of certificates: those of whole systems have a few hundred kilobytes.
  private static let bytesMax = 64 << 20
  /// How a certificate begins in PEM.
  private static let beginnings = ["", "TRUSTED ", "X509 "].map {
    "-----BEGIN \($0)CERTIFICATE-----"
  }

  /// Throws unless the file can be read and has a certificate in it.
  static func check(_ path: String) throws(TextFile.Failure) {
    let bytes = try TextFile.contents(of: path, maximumBytes: bytesMax)
    // Between certificates there may be words in whatever encoding.
    let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    let holdsOne = lines.contains { line in beginnings.contains { line.starts(with: $0.utf8) } }
    guard holdsOne else { throw TextFile.Failure(reason: "holds no certificate in PEM") }
  }
}
