import Foundation
import SeededRandom
import Synchronization
import Testing
import VectorIndex

/// Builds that other threads help with.
@Suite struct HelpedBuildTests {
  /// Has one thread enter every loop that begins, at once or before anybody else.
  private final class Helper: BuildHelp {
    private let doesAll: Bool
    private let left = DispatchSemaphore(value: 0)
    /// Loops that threads are in, or may enter.
    private let inside = Atomic<Int>(0)
    let loops = Atomic<Int>(0)

    init(doesAll: Bool) { self.doesAll = doesAll }

    func begin(_ loop: BuildLoop) {
      loops.add(1, ordering: .relaxed)
      inside.add(1, ordering: .relaxed)
      Thread.detachNewThread { [self] in
        loop.help(pause: {})
        inside.subtract(1, ordering: .relaxed)
        left.signal()
      }
      if doesAll {
        left.wait()
        left.signal()
      }
    }

    func end(_ loop: BuildLoop) { left.wait() }

    var isInside: Bool { inside.load(ordering: .relaxed) > 0 }
  }

  private func bytes(
    _ rows: ClusteredRows, _ metric: Metric, _ parameters: IVFParameters, _ help: Helper?
  ) throws -> [UInt8] {
    let index = try IVFFlatIndex.build(
      metric: metric, parameters: parameters, rows: rows.column.view(), visibility: rows.view,
      help: help, shouldContinue: { _ in true })
    var bytes: [UInt8] = []
    index.serialize { bytes += $0 }
    return bytes
  }

  /// Rows enough for every measurement of a calibration, and lists enough for groups of them.
  @Test(arguments: [
    (Metric.squaredEuclid, ElementType.float32, 9_000, nil), (.dot, .float32, 9_000, nil),
    (.cosine, .float16, 9_000, nil), (.squaredEuclid, .uint8, 2_500, nil),
    (.dot, .turbo4, 2_500, nil), (.squaredEuclid, .float32, 6_000, 2_100),
    (.dot, .float32, 37, nil), (.dot, .float32, 0, nil),
  ])
  func theSameComesOfAnyNumberOfThreads(
    metric: Metric, element: ElementType, count: Int, lists: Int?
  ) throws {
    var random = SeededGenerator(seed: 311)
    let rows = ClusteredRows(
      dimension: 24, element: element, isUnit: metric != .squaredEuclid, random: &random)
    rows.add(count, &random)
    rows.remove(count / 10, &random)
    let parameters = IVFParameters(listCount: lists)
    let alone = try bytes(rows, metric, parameters, nil)
    let other = Helper(doesAll: true)
    #expect(try bytes(rows, metric, parameters, other) == alone)
    #expect(try bytes(rows, metric, parameters, Helper(doesAll: false)) == alone)
    #expect((other.loops.load(ordering: .relaxed) > 0) == (count > 0))
  }

  @Test func aCalibrationIsTheSameToo() throws {
    var random = SeededGenerator(seed: 312)
    let rows = ClusteredRows(dimension: 16, random: &random)
    rows.add(9_000, &random)
    let queries = (0..<100).map { _ in rows.randomRow(&random) }
    var found: [[[CalibrationPoint]]] = []
    for help in [nil, Helper(doesAll: true), Helper(doesAll: false)] {
      let index = try rows.build(.squaredEuclid)
      var steps: [[CalibrationPoint]] = []
      try index.recalibrate(
        with: queries, rows: rows.column.view(), visibility: rows.view, help: help,
        shouldContinue: { _ in true })
      steps.append(index.statistics().calibration)
      try index.recalibrate(
        rows: rows.column.view(), visibility: rows.view, help: help,
        shouldContinue: { _ in true })
      steps.append(index.statistics().calibration)
      found.append(steps)
    }
    #expect(found[1] == found[0])
    #expect(found[2] == found[0])
  }

  @Test(arguments: [1, 2, 5, 20, 60])
  func whoHelpsIsGoneWhenABuildWasStopped(calls: Int) throws {
    var random = SeededGenerator(seed: 313)
    let rows = ClusteredRows(dimension: 32, random: &random)
    rows.add(9_000, &random)
    let helper = Helper(doesAll: false)
    var left = calls
    #expect(throws: BuildInterrupted.self) {
      try IVFFlatIndex.build(
        metric: .dot, parameters: IVFParameters(), rows: rows.column.view(),
        visibility: rows.view, help: helper
      ) { _ in
        left -= 1
        return left > 0
      }
    }
    #expect(!helper.isInside)
    #expect(left == 0, "nobody is asked again who said no")
  }

  @Test func everyPartIsDoneOnce() throws {
    let count = 5_000
    let done = (0..<count).map { _ in Count() }
    let body: @Sendable (Int, () -> Bool) -> Bool = { part, _ in
      done[part].value.add(1, ordering: .relaxed)
      return true
    }
    try BuildLoop.run(
      count, with: Helper(doesAll: false), shouldContinue: { _ in true }, { body })
    #expect(done.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
  }

  private final class Count: Sendable { let value = Atomic<Int>(0) }
}
