/// What this server calls itself on the wire and on the command line.
public enum Release {
  /// The version of this program.
  public static let version = "0.1.0"
  /// The Qdrant version whose wire contract is spoken; clients compare it with their own.
  public static let contractVersion = "1.19.0"
  /// The title at `GET /`.
  public static let title = "quiver - vector search engine"
  /// The commit reported by a build that was not told its own.
  public static let unknownCommit = String(repeating: "0", count: 40)
}
