// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// Programs have Swift's libraries in them: half of what a small request takes is calls to these,
/// which are dearer from library to library. What Foundation is made of is named because code that
/// is compiled for either way of linking does not ask for it.
let linkedWhole: [LinkerSetting] = {
  let release = BuildSettingCondition.when(platforms: [.linux], configuration: .release)
  let parts = [
    "CoreFoundation", "_FoundationICU", "_FoundationCollections", "_FoundationCShims",
    "BlocksRuntime",
  ]
  return [.unsafeFlags(["-static-stdlib"], release)] + parts.map { .linkedLibrary($0, release) }
}()

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies,
    swiftSettings: strict)
}

func product(_ name: String, _ package: String) -> Target.Dependency {
  .product(name: name, package: package)
}

let argumentParser = product("ArgumentParser", "swift-argument-parser")
let crypto = product("Crypto", "swift-crypto")
let httpTypes = product("HTTPTypes", "swift-http-types")
let hummingbird = product("Hummingbird", "hummingbird")
let hummingbirdCore = product("HummingbirdCore", "hummingbird")
let hummingbirdTesting = product("HummingbirdTesting", "hummingbird")
let lifecycle = product("ServiceLifecycle", "swift-service-lifecycle")
let logging = product("Logging", "swift-log")
let nioCore = product("NIOCore", "swift-nio")
let nioEmbedded = product("NIOEmbedded", "swift-nio")
let nioHTTP1 = product("NIOHTTP1", "swift-nio")
let nioHTTPTypes = product("NIOHTTPTypes", "swift-nio-extras")
let nioHTTPTypesHTTP1 = product("NIOHTTPTypesHTTP1", "swift-nio-extras")
let nioHPACK = product("NIOHPACK", "swift-nio-http2")
let nioHTTP2 = product("NIOHTTP2", "swift-nio-http2")
let nioHTTPTypesHTTP2 = product("NIOHTTPTypesHTTP2", "swift-nio-extras")
let nioSSL = product("NIOSSL", "swift-nio-ssl")
let nioTLS = product("NIOTLS", "swift-nio")
let nioPosix = product("NIOPosix", "swift-nio")
let tracing = product("Tracing", "swift-distributed-tracing")
let unixSignals = product("UnixSignals", "swift-service-lifecycle")

let package = Package(
  name: "quiver",
  products: [
    .executable(name: "quiver", targets: ["quiver"]),
    .executable(name: "quiver-gateway", targets: ["quiver-gateway"]),
    .library(name: "VectorDB", targets: ["VectorDB"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Engine
    .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
    .systemLibrary(name: "CRoaring", providers: [.apt(["libroaring-dev"])]),
    .target(name: "CVectorKernels"),
    .target(name: "CRowFiles"),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    target("FastJSON", ["CSimdJSON"]),
    target("PointModel", ["FastJSON"]),
    .target(name: "CRocksDBFlush", dependencies: ["CRocksDB"]),
    target("FileMapping"),
    target("OutageLogging", [logging]),
    target("Storage", ["CRocksDB", "CRocksDBFlush", "FileMapping"]),
    target("RowSets", ["CRoaring"]),
    target("VectorIndex", ["CRowFiles", "CVectorKernels", "RowSets"]),
    .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
    .target(name: "CUnicodeText", linkerSettings: [.linkedLibrary("icuuc")]),
    target("TextAnalysis", ["CStemmer", "CUnicodeText", "PointModel"]),
    target("PayloadIndex", ["RowSets"]),
    target(
      "VectorDB",
      [
        "FastJSON", "OutageLogging", "PayloadIndex", "PointModel", "RowSets", "Storage",
        "TextAnalysis", "VectorIndex", crypto, logging, tracing,
      ]),
    // Replication
    target("SharedLog", [crypto]),
    .target(name: "CXMLElements", linkerSettings: [.linkedLibrary("expat")]),
    target("ObjectStorage", ["CXMLElements", "HTTPTransfer", crypto]),
    target(
      "Replication",
      [
        "FastJSON", "HTTPTransfer", "ObjectStorage", "OutageLogging", "PointModel", "SharedLog",
        "VectorDB", crypto, logging,
      ]),
    // Server
    .systemLibrary(name: "CBrotli", providers: [.apt(["libbrotli-dev"])]),
    .target(name: "CDashboardPages", exclude: ["Pages"]),
    target("DashboardPages", ["CDashboardPages"]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    target(
      "TransportBase",
      [
        "CBrotli", "CZlib", "CZstd", "OutageLogging", lifecycle, logging, nioCore, nioPosix, nioSSL,
      ]),
    target(
      "HTTPConnections",
      ["TransportBase", nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1]),
    target("ProtoWire"),
    target("QdrantAPI", ["FastJSON", "PointModel", "TextAnalysis"]),
    target("AccessTokens", ["FastJSON", "PointModel", crypto]),
    target(
      "QdrantService",
      [
        "AccessTokens", "OutageLogging", "PointModel", "Replication", "RequestTracing",
        "ServiceProcess", "VectorDB", logging,
      ]),
    .target(
      name: "QdrantGRPC",
      dependencies: [
        "FastJSON", "HTTPTransfer", "PointModel", "ProtoWire", "QdrantAPI", "QdrantService",
        "Replication", "RequestTracing", "TransportBase", "VectorDB", logging, nioCore, nioHPACK,
        nioHTTP2, nioPosix,
      ],
      resources: [.embedInCode("Reflection/qdrant.schema")], swiftSettings: strict),
    target(
      "QdrantREST",
      [
        "CBrotli", "CZlib", "CZstd", "DashboardPages", "FastJSON", "HTTPConnections",
        "HTTPTransfer", "OutageLogging", "PointModel",
        "QdrantAPI", "QdrantService", "Replication", "RequestTracing", "ServiceProcess",
        "SharedLog",
        "TransportBase", "VectorDB", "VectorIndex", httpTypes,
        hummingbird, hummingbirdCore, logging, nioCore, nioHTTP2, nioHTTPTypes,
        nioHTTPTypesHTTP2, nioPosix, nioTLS,
      ]),
    .systemLibrary(name: "CMalloc"),
    .executableTarget(
      name: "quiver",
      dependencies: [
        .target(name: "CMalloc", condition: .when(platforms: [.linux])),
        "AccessTokens", "DataTransfer", "FastJSON", "HTTPTransfer", "ObjectStorage",
        "OutageLogging", "PointModel",
        "QdrantClient", "QdrantGRPC", "QdrantREST", "QdrantService", "Replication",
        "RequestTracing", "ServiceProcess", "TransportBase", "VectorDB", "VectorIndex",
        argumentParser, hummingbird, lifecycle, logging, nioCore, nioPosix, unixSignals,
      ],
      swiftSettings: strict, linkerSettings: linkedWhole),
    .executableTarget(
      name: "quiver-bench",
      dependencies: [
        "DataTransfer", "FastJSON", "PointModel", "QdrantAPI", "QdrantGRPC", "SentenceEmbedding",
        "RowSets", "VectorDB", "VectorIndex", argumentParser, logging,
      ], swiftSettings: strict, linkerSettings: linkedWhole),
    // Gateway
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .target(name: "CHTMLDocument", dependencies: ["CLibXML2"]),
    // Without optimization a text would take a hundred times as long, in every test of the gateway.
    .target(
      name: "CEmbeddingKernels", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    // What guesses encodings is a part of ICU that the server goes without.
    .target(
      name: "CTextEncodings", linkerSettings: [.linkedLibrary("icui18n"), .linkedLibrary("icuuc")]),
    target("HTTPTransfer", ["CCurl", "FastJSON", tracing]),
    target(
      "RequestTracing",
      [
        "FastJSON", "HTTPTransfer", "OutageLogging", "ServiceProcess", lifecycle, logging, tracing,
      ]),
    target("QdrantClient", ["FastJSON", "HTTPTransfer", "PointModel", "QdrantAPI"]),
    target(
      "DataTransfer",
      ["FastJSON", "HTTPTransfer", "PointModel", "QdrantAPI", "QdrantClient", crypto]),
    .systemLibrary(name: "CLibYAML", providers: [.apt(["libyaml-dev"])]),
    target("ServiceProcess", ["CLibYAML", "FastJSON", logging]),
    target("SentenceEmbedding", ["CEmbeddingKernels", "COpenBLAS", "FileMapping"]),
    .target(
      name: "RAGGateway",
      dependencies: [
        "CHTMLDocument", "CTextEncodings", "FastJSON", "HTTPConnections", "HTTPTransfer",
        "OutageLogging", "PointModel", "QdrantAPI",
        "QdrantClient", "RequestTracing", "SentenceEmbedding", "ServiceProcess", "TextAnalysis",
        "TransportBase", crypto, httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
        nioCore, nioHTTPTypes, nioPosix,
      ],
      resources: [
        .embedInCode("Pages/docs.html"), .embedInCode("Pages/index.html"),
        .embedInCode("Pages/openapi.json"), .embedInCode("Prompts/insight/v1.yaml"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "quiver-gateway",
      dependencies: [
        "RAGGateway", "RequestTracing", "ServiceProcess", argumentParser, lifecycle, logging,
        unixSignals,
      ],
      swiftSettings: strict, linkerSettings: linkedWhole),
    // Tests
    tests("FastJSON", ["SeededRandom"]),
    tests("PointModel", ["FastJSON"]),
    .target(
      name: "LogLines", dependencies: [logging], path: "Tests/LogLines", swiftSettings: strict),
    tests("OutageLogging", ["LogLines", logging]),
    tests("Storage"),
    tests("SharedLog", ["SeededRandom"]),
    tests("ObjectStorage"),
    tests(
      "Replication",
      [
        "DatabaseFixture", "HTTPTransfer", "ObjectStorage", "OpenAITestServer", "PointModel",
        "SharedLog", "VectorDB", logging,
      ]),
    tests("RowSets"),
    tests("PayloadIndex", ["RowSets", "SeededRandom"]),
    tests("VectorIndex", ["CRowFiles", "CVectorKernels", "RowSets", "SeededRandom"]),
    .testTarget(
      name: "TextAnalysisTests", dependencies: ["FastJSON", "PointModel", "TextAnalysis"],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(
      name: "VectorDBTests",
      dependencies: [
        "DatabaseFixture", "FastJSON", "LogLines", "PointModel", "SeededRandom", "Storage",
        "VectorDB", "VectorIndex", logging,
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
    .target(
      name: "DatabaseFixture", dependencies: ["PointModel", "SeededRandom", "VectorDB", logging],
      path: "Tests/DatabaseFixture", swiftSettings: strict),
    .testTarget(
      name: "RegressionTests",
      dependencies: [
        "DatabaseFixture", "FastJSON", "PointModel", "SeededRandom", "VectorDB", "VectorIndex",
      ],
      path: "Tests/Regressions/Engine", swiftSettings: strict),
    tests("ProtoWire", ["SeededRandom"]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "AccessTokens", "CRowFiles", "DataTransfer", "DatabaseFixture", "FastJSON", "ObjectStorage",
        "PayloadIndex", "PointModel", "ProtoWire", "QdrantAPI", "QdrantGRPC", "QdrantREST",
        "RAGGateway", "Replication", "RequestTracing", "RowSets", "SentenceEmbedding",
        "ServiceProcess", "SharedLog", "Storage", "TransportBase", "VectorDB", "VectorIndex",
        crypto, httpTypes, nioCore, nioHPACK,
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    .target(name: "CGuidedFuzzing", path: "Tests/GuidedFuzzing"),
    .executableTarget(
      name: "quiver-fuzz", dependencies: ["CGuidedFuzzing", "FuzzTargets", argumentParser],
      path: "Tests/Fuzz", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "ProtoWire", "QdrantGRPC"],
      path: "Tests/FuzzTests", exclude: ["Corpus"], swiftSettings: strict),
    tests("QdrantAPI", ["FastJSON", "PointModel", "SeededRandom"]),
    tests("AccessTokens", ["FastJSON", "PointModel", crypto]),
    tests("QdrantService", ["AccessTokens", "DatabaseFixture", "PointModel", "VectorDB", logging]),
    tests(
      "QdrantGRPC",
      [
        "PointModel", "QdrantAPI", "QdrantService", "VectorDB", logging, nioCore, nioEmbedded,
        nioHPACK, nioHTTP2,
      ]),
    tests(
      "QdrantREST",
      [
        "AccessTokens", "FastJSON", "HTTPConnections", "LogLines", "PointModel", "QdrantAPI",
        "QdrantService", "ServiceProcess", "TransportBase", "VectorDB", httpTypes, hummingbird,
        hummingbirdTesting,
        logging, nioCore, nioEmbedded,
        nioHTTP1, nioHTTPTypes, nioPosix,
      ]),
    tests("HTTPTransfer", ["ObjectStorage"]),
    tests(
      "RequestTracing",
      [
        "FastJSON", "HTTPTransfer", "LogLines", "OpenAITestServer", "ServiceProcess", logging,
        tracing,
      ]),
    tests("DataTransfer", ["FastJSON", "HTTPTransfer", "OpenAITestServer", "QdrantClient"]),
    tests("ServiceProcess", ["FastJSON", logging]),
    .testTarget(
      name: "SentenceEmbeddingTests", dependencies: ["SeededRandom", "SentenceEmbedding"],
      exclude: ["Golden"], swiftSettings: strict),
    .target(
      name: "OpenAITestServer", dependencies: ["FastJSON"], path: "Tests/OpenAITestServer",
      swiftSettings: strict),
    tests(
      "RAGGateway",
      [
        "FastJSON", "HTTPConnections", "HTTPTransfer", "LogLines", "OpenAITestServer",
        "PointModel", "QdrantClient", "SeededRandom", "SentenceEmbedding", "ServiceProcess",
        httpTypes, hummingbird, hummingbirdTesting, logging, nioCore, nioEmbedded, nioPosix,
      ]),
  ],
  cxxLanguageStandard: .cxx17
)
