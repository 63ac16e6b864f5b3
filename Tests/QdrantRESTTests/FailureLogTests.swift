import HTTPTypes
import LogLines
import Testing
import VectorDB

/// What the log says of requests that the server fails.
@Suite struct FailureLogTests {
  @Test func aFullDiskIsNotToldWithEveryRequest() async throws {
    let log = LogLines(with: ["method", "path"])
    let limits = Limits(room: RoomLimits(diskReserveBytes: .max >> 1))
    try await ServerFixture.run(limits: limits, logger: log.logger) { server in
      for name in ["a", "b"] {
        let created = try await server.send(
          .put, "/collections/\(name)", #"{"vectors":{"size":2,"distance":"Dot"}}"#)
        try #require(created.status == 200)
        for id in 1...20 {
          let answer = try await server.send(
            .put, "/collections/\(name)/points", #"{"points":[{"id":\#(id),"vector":[1,0]}]}"#)
          #expect(answer.status == 507)
        }
      }
      // Another kind of request that fails is told beside it.
      let answer = try await server.send(
        .post, "/collections/a/points/batch",
        #"{"operations":[{"upsert":{"points":[{"id":1,"vector":[1,0]}]}}]}"#)
      #expect(answer.status == 507)
    }
    #expect(
      log.all("request failed") == [
        "request failed PUT /collections/a/points",
        "request failed POST /collections/a/points/batch",
      ])
    #expect(log.all("there is no room").count == 1)
  }
}
