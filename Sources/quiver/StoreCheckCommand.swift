import ArgumentParser
import HTTPTransfer
import ObjectStorage
import ServiceProcess

/// Tries whether an object store can hold a shared log.
struct StoreCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store-check",
    abstract: "Try whether an object store does what backups and replicas rely on.",
    discussion: """
      Writes, replaces, lists and removes objects below PREFIX/probe/, and leaves nothing there. \
      The key is read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
      """)

  @Argument(help: "The place, as s3://bucket/prefix.")
  var url: String

  @OptionGroup var options: ObjectStoreOptions

  func run() async throws {
    let client = options.client
    defer { client.shutdown() }
    let store = try options.store(url, client: client)
    do throws(ObjectStoreError) {
      try await StoreProbe(store).runThoroughly()
    } catch {
      StandardError.say("\(error)")
      throw ServerExit.failure
    }
    print(
      "fit: \(url) creates and replaces objects once, lists them, and takes large ones in parts")
  }
}
