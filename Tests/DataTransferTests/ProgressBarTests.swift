import DataTransfer
import Synchronization
import Testing

@Suite struct ProgressBarTests {
  private final class Screen: Sendable {
    let text = Mutex("")
  }

  private func show(isTerminal: Bool, _ use: (ProgressBar) -> Void) -> String {
    let screen = Screen()
    use(ProgressBar(isTerminal: isTerminal) { part in screen.text.withLock { $0 += part } })
    return screen.text.withLock { $0 }
  }

  @Test func `a terminal sees a bar that is redrawn`() {
    let text = show(isTerminal: true) { bar in
      bar.begin("copy c", total: 2000)
      bar.advance(done: 1000, points: 1000)
      bar.note("by the way")
      bar.advance(done: 2000, points: 2000)
      bar.end()
    }
    #expect(text.contains("copy c  ████████████░░░░░░░░░░░░ 50 %  1,000 points"))
    #expect(text.contains("\u{1b}[2Kby the way\n"))
    #expect(text.contains("████████████████████████ 100 %  2,000 points"))
    #expect(text.hasSuffix("\n"))
  }

  @Test func `a file gets whole lines, and few of them`() {
    let text = show(isTerminal: false) { bar in
      bar.begin("copy c", total: 0)
      for points in 0..<10_000 { bar.advance(done: points, points: points) }
      bar.end()
    }
    #expect(!text.contains("\r"))
    #expect(text.split(separator: "\n").count < 5)
    #expect(text.contains("copy c  9,999 points"))
  }
}
