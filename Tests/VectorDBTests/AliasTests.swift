import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

@Suite struct AliasTests {
  @Test func anAliasLeadsToItsCollection() async throws {
    try await withDatabase { folder in
      let things = try await folder.create("things")
      let others = try await folder.create("others")
      let database = folder.database
      try await database.changeAliases([.create(Alias(name: "a", collection: "things"))])
      #expect(try database.collection(named: "a") === things)
      try await database.changeAliases([.create(Alias(name: "a", collection: "others"))])
      #expect(try database.collection(named: "a") === others)
      try await database.changeAliases([.rename(from: "a", to: "b"), .delete("missing")])
      #expect(database.aliases == [Alias(name: "b", collection: "others")])
      #expect(database.aliases(of: "things") == [])
      #expect(throws: CollectionError.collectionNotFound("a")) {
        try database.collection(named: "a")
      }
    }
  }

  @Test func aliasesSurviveARestartAndLeaveWithTheirCollection() async throws {
    try await withDatabase { folder in
      try await folder.create("things")
      try await folder.create("others")
      try await folder.database.changeAliases([
        .create(Alias(name: "a", collection: "things")),
        .create(Alias(name: "ä 日", collection: "others")),
      ])
      try await folder.restart()
      let kept = [
        Alias(name: "a", collection: "things"), Alias(name: "ä 日", collection: "others"),
      ]
      #expect(folder.database.aliases == kept)
      #expect(try folder.database.collection(named: "ä 日").name == "others")
      #expect(try await folder.database.deleteCollection(named: "ä 日") == false)
      #expect(try await folder.database.deleteCollection(named: "others"))
      #expect(folder.database.aliases == [kept[0]])
      try await folder.restart()
      #expect(folder.database.aliases == [kept[0]])
    }
  }

  @Test func allOrNothing() async throws {
    try await withDatabase { folder in
      try await folder.create("things")
      let first = AliasOperation.create(Alias(name: "a", collection: "things"))
      for (bad, error) in [
        (
          AliasOperation.create(Alias(name: "b", collection: "nothing")),
          CollectionError.collectionNotFound("nothing")
        ),
        (.create(Alias(name: "things", collection: "things")), .collectionExists("things")),
        (.rename(from: "nothing", to: "b"), .aliasNotFound("nothing")),
        (.rename(from: "a", to: "things"), .collectionExists("things")),
      ] {
        await #expect(throws: error) { try await folder.database.changeAliases([first, bad]) }
        #expect(folder.database.aliases == [])
      }
      try await folder.restart()
      #expect(folder.database.aliases == [])
    }
  }

  @Test func noCollectionTakesTheNameOfAnAlias() async throws {
    try await withDatabase { folder in
      try await folder.create("things")
      try await folder.database.changeAliases([.create(Alias(name: "a", collection: "things"))])
      await #expect(
        throws: CollectionError.wrongInput(
          "Can't create collection with name a. Alias with the same name already exists")
      ) { try await folder.create("a") }
      // Settings are changed under an alias too.
      let change = CollectionConfigChange(metadata: ["k": .integer(1)])
      try await folder.database.updateCollection(named: "a", change: change)
      try await folder.restart()
      #expect(try folder.database.collection(named: "things").config.metadata == ["k": .integer(1)])
      #expect(folder.database.collections.map(\.name) == ["things"])
    }
  }

  @Test func thereIsABound() async throws {
    try await withDatabase(options: DatabaseOptions(limits: Limits(aliasesMax: 2))) { folder in
      try await folder.create("things")
      func create(_ name: String) -> AliasOperation {
        .create(Alias(name: name, collection: "things"))
      }
      try await folder.database.changeAliases([create("a"), create("b")])
      await #expect(throws: CollectionError.wrongInput("the limit of 2 aliases is reached")) {
        try await folder.database.changeAliases([create("c")])
      }
      try await folder.database.changeAliases([.delete("a"), create("c")])
      #expect(folder.database.aliases.map(\.name) == ["b", "c"])
    }
  }
}
