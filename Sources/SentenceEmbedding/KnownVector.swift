/// Known answers of the model: sentences with the first components of their vectors, computed with
/// an independent implementation from the same weights.
struct KnownVector {
  let text: String
  let head: [Float]

  static let all = [
    KnownVector(
      text: "How do I install a package on Debian?",
      head: [
        -0.041557, -0.021367, 0.002438, -0.095576,
        -0.020131, -0.056864, 0.027088, 0.054335,
      ]),
    KnownVector(
      text: "The weather is lovely today.",
      head: [
        0.019196, 0.120085, 0.159598, 0.067066,
        0.050075, -0.025919, 0.056468, -0.092858,
      ]),
    KnownVector(
      text: "A vector database stores embeddings and finds the nearest ones to a query.",
      head: [
        0.024412, -0.045589, -0.042513, 0.025264,
        0.011898, 0.065174, -0.011227, -0.017592,
      ]),
  ]
}
