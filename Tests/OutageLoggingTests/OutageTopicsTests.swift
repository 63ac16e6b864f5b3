import LogLines
import Logging
import OutageLogging
import Synchronization
import Testing

/// What is written down of something that fails for one of many things.
@Suite struct OutageTopicsTests {
  private let log = LogLines(with: ["name", "failures"])

  private func topics(at time: Time) -> OutageTopics {
    OutageTopics("it fails", logger: log.logger) { time.now.withLock { $0 } }
  }

  private final class Time: Sendable {
    let now = Mutex<UInt64>(0)

    func pass(_ milliseconds: UInt64) { now.withLock { $0 += milliseconds } }
  }

  @Test func eachHasItsLine() {
    let time = Time()
    let topics = topics(at: time)
    for _ in 0..<700 {
      topics.failed(of: "a", "no", ["name": "a"])
      topics.failed(of: "b", "no", ["name": "b"])
      time.pass(100)
    }
    #expect(log.take() == ["it fails a", "it fails b", "it fails a 600", "it fails b 600"])
  }

  @Test func manyShareOne() {
    let topics = topics(at: Time())
    for number in 0..<1000 { topics.failed(of: "\(number)", "no") }
    #expect(log.take().count == OutageTopics.countMax + 1)
  }

  @Test func whatDoesNotFailAnyMoreMakesRoom() {
    let time = Time()
    let topics = topics(at: time)
    for number in 0..<1000 { topics.failed(of: "\(number)", "no") }
    _ = log.take()
    time.pass(60_000)
    for name in ["a", "b"] { topics.failed(of: name, "no", ["name": "\(name)"]) }
    #expect(log.take() == ["it fails a", "it fails b"])
  }
}
