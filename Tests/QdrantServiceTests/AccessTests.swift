import AccessTokens
import QdrantService
import Testing

@Suite struct AccessTests {
  @Test func keysAreJudgedWhole() {
    let keys = AccessKeys(full: "abc", alternative: "xyz", readOnly: "abcd")
    #expect(keys.access(of: "abc") == .full)
    #expect(keys.access(of: "xyz") == .full)
    #expect(keys.access(of: "abcd") == .readOnly)
    for wrong in ["ab", "", "ABC", "abcde", "xy", "abc "] {
      #expect(keys.access(of: wrong) == nil, "\(wrong)")
    }
    #expect(keys.areRequired)
    #expect(!AccessKeys.none.areRequired)
    // What is empty is no key.
    #expect(!AccessKeys(full: "", alternative: "", readOnly: "").areRequired)
    #expect(AccessKeys(full: "", readOnly: "r").access(of: "") == nil)
  }

  private static func token(_ right: TokenClaims.CollectionRight, _ collection: String) -> Access {
    Access(.collections([.init(collection: collection, right: right)]))
  }

  @Test(arguments: [
    (Access.full, Requirement.allCases),
    (.readOnly, [.open, .anyKey, .read, .readExtras, .serverRead]), (.nobody, [.open]),
    (Access(.manage), Requirement.allCases), (Access(.collections([])), [.open, .anyKey]),
    (Self.token(.read, "c"), [.open, .anyKey, .read, .readExtras]),
    (Self.token(.readWrite, "c"), [.open, .anyKey, .read, .readExtras, .write, .writeExtras]),
    (Self.token(.points, "c"), [.open, .anyKey, .read, .write]),
    (Self.token(.readWrite, "other"), [.open, .anyKey]),
  ])
  func rights(_ access: Access, _ granted: [Requirement]) {
    for requirement in Requirement.allCases {
      let isGranted = (try? access.check(requirement, on: "c")) != nil
      #expect(isGranted == granted.contains(requirement), "\(requirement)")
    }
  }

  @Test func refusalsSayWhatIsMissing() {
    let cases: [(Access, Requirement, String)] = [
      (.readOnly, .write, "Global manage access is required"),
      (Self.token(.readWrite, "c"), .manage, "Global access is required"),
      (Self.token(.readWrite, "c"), .serverRead, "Global access is required"),
      (Self.token(.read, "c"), .writeExtras, "Write access to collection c is required"),
      (Self.token(.points, "c"), .readExtras, "Only points access is allowed for collection c"),
      (Self.token(.points, "c"), .writeExtras, "Only points access is allowed for collection c"),
      (Self.token(.read, "d"), .read, "Access to collection c is required"),
    ]
    for (access, requirement, reason) in cases {
      #expect(throws: ServiceError.forbidden(reason)) {
        try access.check(requirement, on: "c")
      }
    }
  }

  @Test func rightsHoldForOtherNamesOfACollection() throws {
    let names = ["alias": "c"]
    let access = Self.token(.read, "c")
    // The right is told under the name that it is given for.
    #expect(try access.check(.read, on: "alias", ownName: { names[$0] }) == "c")
    #expect(throws: ServiceError.forbidden("Write access to collection alias is required")) {
      try access.check(.write, on: "alias", ownName: { names[$0] })
    }
    // A right in the alias is none in the collection.
    #expect(try Self.token(.read, "alias").check(.read, on: "alias") == "alias")
    #expect(throws: ServiceError.self) {
      try Self.token(.read, "alias").check(.read, on: "c", ownName: { names[$0] })
    }
    // What is said of the alias goes before what is said of the collection.
    let both = Access(
      .collections([
        .init(collection: "alias", right: .read), .init(collection: "c", right: .readWrite),
      ]))
    #expect(throws: ServiceError.self) {
      try both.check(.write, on: "alias", ownName: { names[$0] })
    }
  }

  /// Names in the audit log are what its readers look for.
  @Test func actionsHaveNamesOfTheirOwn() {
    #expect(Set(ServiceAction.allCases.map(\.rawValue)).count == ServiceAction.allCases.count)
    #expect(ServiceAction.upsertPoints.rawValue == "upsert_points")
  }
}
