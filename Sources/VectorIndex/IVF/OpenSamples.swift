/// The samples of a calibration that have yet to find all of their neighbours, by a reach that
/// grows from step to step.
///
/// A sample that found all is taken to find them by every greater reach.
struct OpenSamples {
  private(set) var samples: [CalibrationMeasurement.Sample]
  private var wanted = 0
  /// What those found that are searched for no more.
  private var found = 0

  init(_ samples: [CalibrationMeasurement.Sample]) {
    self.samples = samples
    wanted = samples.reduce(0) { $0 + $1.wanted }
  }

  /// Notes what each of ``samples`` has found.
  ///
  /// - Returns: the share of all neighbours of all samples.
  mutating func note(_ counts: [Int]) -> Double {
    if wanted == 0 { return 1 }
    let sum = found + counts.reduce(0, +)
    var open: [CalibrationMeasurement.Sample] = []
    for (sample, count) in zip(samples, counts) {
      if count < sample.wanted { open.append(sample) } else { found += count }
    }
    samples = open
    return Double(sum) / Double(wanted)
  }
}
