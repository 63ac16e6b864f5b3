// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let configuration: Target.Dependency = .product(
  name: "Configuration", package: "swift-configuration")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(
  name: "HummingbirdTesting", package: "hummingbird")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "quiver",
  products: [
    .executable(name: "quiver", targets: ["quiver"]),
    .library(name: "VectorDB", targets: ["VectorDB"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Engine
    .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
    .target(name: "CVectorKernels"),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    target("FastJSON", ["CSimdJSON"]),
    target("PointModel", ["FastJSON"]),
    target("Storage", ["CRocksDB"]),
    target("VectorIndex", ["CVectorKernels"]),
    target("VectorDB", ["FastJSON", "PointModel", "Storage", "VectorIndex", logging]),
    // Server
    target("QdrantAPI", ["FastJSON", "PointModel"]),
    target(
      "QdrantREST",
      [
        "FastJSON", "PointModel", "QdrantAPI", "VectorDB", configuration, hummingbird, lifecycle,
        logging, yams,
      ]),
    .executableTarget(
      name: "quiver",
      dependencies: ["QdrantREST", "VectorDB", argumentParser, hummingbird, lifecycle, logging],
      swiftSettings: strict),
    // Gateway
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CEmbeddingKernels"),
    target("HTTPClient", ["CCurl"]),
    target("SentenceEmbedding", ["CEmbeddingKernels", "COpenBLAS"]),
    // Tests
    tests("FastJSON"),
    tests("PointModel", ["FastJSON"]),
    tests("Storage"),
    tests("VectorIndex"),
    tests("VectorDB", ["FastJSON", "PointModel", logging]),
    tests("QdrantAPI", ["FastJSON", "PointModel"]),
    tests("HTTPClient"),
    .testTarget(
      name: "SentenceEmbeddingTests", dependencies: ["SentenceEmbedding"], exclude: ["Golden"],
      swiftSettings: strict),
    tests("QdrantREST", ["FastJSON", "PointModel", "VectorDB", hummingbird, hummingbirdTesting]),
  ],
  cxxLanguageStandard: .cxx17
)
