import ArgumentParser

/// Measures parts of the engine in a process of their own; `scripts/bench` drives it.
@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiver-bench", abstract: "Measures parts of the engine.",
    subcommands: [
      IndexCommand.self, CollectionCommand.self, MultiCommand.self, SparseCommand.self,
      EmbedCommand.self, WireCommand.self, StreamCommand.self, FilterCommand.self,
    ],
    defaultSubcommand: IndexCommand.self)
}
