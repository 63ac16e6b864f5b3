import QdrantService
import Testing

@Suite struct AccessTests {
  @Test func keysAreJudgedWhole() throws {
    let both = AccessKeys(full: "abc", readOnly: "abcd")
    #expect(try both.access(of: "abc") == .full)
    #expect(try both.access(of: "abcd") == .readOnly)
    #expect(throws: ServiceError.unauthenticated("Invalid API key or JWT")) {
      try both.access(of: "ab")
    }
    #expect(
      throws: ServiceError.unauthenticated(
        "Must provide an API key or an Authorization bearer token")
    ) { try both.access(of: nil) }
    #expect(try AccessKeys(full: nil, readOnly: nil).access(of: nil) == .full)
    #expect(try AccessKeys(full: nil, readOnly: nil).access(of: "any") == .full)
    #expect(try AccessKeys(full: nil, readOnly: "r").access(of: "r") == .readOnly)
  }

  @Test(arguments: [
    (Access.full, [Requirement.open, .anyKey, .read, .write, .manage]),
    (.readOnly, [.open, .anyKey, .read]), (.nobody, [.open]),
  ])
  func rights(_ access: Access, _ granted: [Requirement]) {
    for requirement in [Requirement.open, .anyKey, .read, .write, .manage] {
      let isGranted = (try? access.check(requirement, on: "c")) != nil
      #expect(isGranted == granted.contains(requirement), "\(requirement)")
    }
  }
}
