import LogLines
import Logging
import OutageLogging
import Synchronization
import Testing

/// What is written down of something that fails for a while.
@Suite struct OutageNotesTests {
  private final class Scene: Sendable {
    let time = Mutex<UInt64>(1000)
    let lines = LogLines(with: ["failures"])

    func notes(calm: UInt64 = 0) -> OutageNotes {
      OutageNotes("it fails", over: "it is well", calm: calm, logger: lines.logger) {
        self.time.withLock { $0 }
      }
    }

    func pass(_ milliseconds: UInt64) { time.withLock { $0 += milliseconds } }
    func takeLines() -> [String] { lines.take() }
  }

  @Test func whatLastsIsSaidOnceAMinute() {
    let scene = Scene()
    let notes = scene.notes()
    for _ in 0..<1200 {
      notes.failed("no")
      scene.pass(100)
    }
    #expect(scene.takeLines() == ["it fails", "it fails 600"])
    notes.succeeded()
    notes.succeeded()
    #expect(scene.takeLines() == ["it is well 1200"])
  }

  @Test func whatComesAndGoesHasTwoLinesAMinute() {
    let scene = Scene()
    let notes = scene.notes()
    for _ in 0..<1200 {
      notes.failed("no")
      notes.succeeded()
      scene.pass(100)
    }
    #expect(scene.takeLines() == ["it fails", "it is well 1", "it fails 600", "it is well 1"])
  }

  @Test func aSuccessBesideFailuresIsNoEnd() {
    let scene = Scene()
    let notes = scene.notes(calm: 5000)
    for _ in 0..<10 {
      notes.failed("no")
      scene.pass(4999)
      notes.succeeded()
    }
    #expect(scene.takeLines() == ["it fails"])
    scene.pass(1)
    notes.succeeded()
    #expect(scene.takeLines() == ["it is well 10"])
  }

  @Test func whatWasNotSaidDoesNotEnd() {
    let scene = Scene()
    let notes = scene.notes()
    notes.succeeded()
    #expect(scene.takeLines() == [])
  }
}
