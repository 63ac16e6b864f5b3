import ArgumentParser
import QdrantREST
import ServiceProcess
import VectorDB

/// Saves what can be read of a damaged data directory.
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Save what can be read of a data directory that does not open.",
    discussion: """
      Puts it in the place of what was there, and says what is lost. Nothing is deleted: the \
      damaged files move into a folder `damaged-…` inside the data directory. Needs as much free \
      space as the data take, and the server must not be running.
      """)

  @OptionGroup var options: SettingsOptions

  func run() throws {
    let settings = try options.load().settings
    do throws(DatabaseError) {
      print(try Database.repair(at: settings.storagePath))
    } catch {
      StandardError.say("quiver: \(error)")
      throw ServerExit.code(for: error)
    }
  }
}
