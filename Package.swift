// swift-tools-version: 6.2
import PackageDescription

// The targets stand in the order in which the data passes through them:
//   export file → events → sequences → packed batch → kernel → embedding → (heads, audit, service) → command line
// Imports go down only; CONTRIBUTING.md explains the rows.

// Warnings are errors, so that one build serves the user and the gate. A newer compiler may have new ones:
// TESSERA_ALLOW_WARNINGS=1 swift build
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (Context.environment["TESSERA_ALLOW_WARNINGS"] == nil ? [.treatAllWarnings(as: .error)] : [])

// The vector loops are built once per instruction set from one folder (the second is a symbolic link); the processor decides
// at start which copy runs. On Arm the baseline already has NEON, so both copies are the same code there.
#if arch(x86_64)
    func instructionSet(_ level: String, _ feature: String? = nil) -> [SwiftSetting] {
        // Without errno a square root is one instruction instead of a call for each lane.
        [
            .unsafeFlags(["-Xcc", "-march=\(level)", "-Xcc", "-fno-math-errno"]),
            .unsafeFlags(["-Ounchecked"], .when(configuration: .release)),
        ]
            + (level == "x86-64-v4" ? [.define("WIDE_VECTORS")] : [])
            + (feature.map { [.unsafeFlags(["-Xcc", "-m\($0)"])] } ?? [])
    }
#else
    func instructionSet(_ level: String, _ feature: String? = nil) -> [SwiftSetting] {
        [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]
    }
#endif

let mathematics: [LinkerSetting] = [.linkedLibrary("m", .when(platforms: [.linux]))]

let package = Package(
    name: "tessera",
    products: [
        .library(
            name: "Tessera",
            targets: ["EventStream", "SequenceKernel", "SequenceEmbedding", "IntentTaxonomy", "Recommendation", "CreditRisk", "Evaluation"]),
        .executable(name: "tessera", targets: ["CLI"]),
        .executable(name: "tessera-figures", targets: ["Figures"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // System libraries behind thin targets, and files that are whole or not there.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CBFloat16"),
        .systemLibrary(name: "CArrow"),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .target(name: "CSimdJSON", cxxSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "DurableFiles", dependencies: ["CLibcrypto"], swiftSettings: settings),
        .target(name: "ArrowExchange", dependencies: ["DurableFiles", "CArrow"], swiftSettings: settings),

        // Row 0: nothing of ours but the files below.
        .target(
            name: "EventStream", dependencies: ["DurableFiles", "ArrowExchange", "CZlib", "CZstd", "CSimdJSON"], swiftSettings: settings),
        .target(name: "VectorLoopsAVX2", swiftSettings: settings + instructionSet("x86-64-v3"), linkerSettings: mathematics),
        .target(name: "VectorLoopsAVX512", swiftSettings: settings + instructionSet("x86-64-v4"), linkerSettings: mathematics),
        .target(
            name: "VectorLoopsBFloat16", dependencies: ["CBFloat16"], swiftSettings: settings + instructionSet("x86-64-v4", "avx512bf16")),
        .target(
            name: "SequenceKernel", dependencies: ["DurableFiles", "VectorLoopsAVX2", "VectorLoopsAVX512", "VectorLoopsBFloat16"],
            swiftSettings: settings, linkerSettings: mathematics),
        .target(name: "Evaluation", swiftSettings: settings, linkerSettings: mathematics),
        .target(name: "BoostedTrees", dependencies: ["CXGBoost"], swiftSettings: settings, linkerSettings: mathematics),
        .target(name: "SyntheticBank", dependencies: ["DurableFiles"], swiftSettings: settings, linkerSettings: mathematics),
        .target(name: "ReportPage", swiftSettings: settings, linkerSettings: mathematics),

        // Row 1: the only place where events meet tensors.
        .target(
            name: "SequenceEmbedding", dependencies: ["EventStream", "SequenceKernel", "ArrowExchange", "DurableFiles"],
            swiftSettings: settings, linkerSettings: mathematics),

        // Row 2: what is made of embeddings.
        .target(
            name: "IntentTaxonomy",
            dependencies: ["EventStream", "SequenceKernel", "SequenceEmbedding", "Evaluation", "ArrowExchange", "DurableFiles"],
            swiftSettings: settings, linkerSettings: mathematics),

        .target(
            name: "Recommendation",
            dependencies: [
                "EventStream", "SequenceKernel", "SequenceEmbedding", "BoostedTrees", "Evaluation", "ArrowExchange", "DurableFiles",
            ],
            swiftSettings: settings, linkerSettings: mathematics),

        .target(
            name: "CreditRisk",
            dependencies: [
                "EventStream", "SequenceKernel", "SequenceEmbedding", "BoostedTrees", "Evaluation", "ArrowExchange", "DurableFiles",
            ],
            swiftSettings: settings, linkerSettings: mathematics),

        // Row 3: asks language models; offline work of the command line only, nothing that serves may import it.
        .target(name: "ChatEndpoint", dependencies: ["IntentTaxonomy", "DurableFiles"], swiftSettings: settings),

        // Row 3: what the command line and the figures both print, and the one place that reads YAML.
        .target(
            name: "Studies",
            dependencies: [
                "EventStream", "SequenceKernel", "SequenceEmbedding", "IntentTaxonomy", "Recommendation", "CreditRisk", "Evaluation",
                "BoostedTrees", "ReportPage", "DurableFiles",
            ],
            swiftSettings: settings, linkerSettings: mathematics),
        .target(name: "SettingsFiles", dependencies: ["DurableFiles", .product(name: "Yams", package: "Yams")], swiftSettings: settings),

        // Row 3: what was decided, and the proof of it. Imports no model, so that it can judge any.
        .target(name: "Audit", dependencies: ["Evaluation", "DurableFiles", "CSQLite", "CLibcrypto"], swiftSettings: settings),

        .target(name: "DecisionRecords", dependencies: ["Audit", "EventStream", "DurableFiles"], swiftSettings: settings),

        // Row 3: from a decoded request to the bytes of an answer, and who may ask; knows neither sockets nor a server.
        .target(
            name: "InferenceService",
            dependencies: [
                "EventStream", "SequenceKernel", "SequenceEmbedding", "IntentTaxonomy", "Recommendation", "CreditRisk", "Studies",
                "Audit", "DecisionRecords", "DurableFiles",
            ],
            swiftSettings: settings, linkerSettings: mathematics),

        // Row 3: the only place that knows a server, and tokens.
        .target(
            name: "InferenceServer",
            dependencies: [
                "InferenceService", "DurableFiles",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings),

        // Row 4: the only places where everything meets, and a count of allocations that only the figures are linked with.
        .target(name: "CAllocationCount"),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "DurableFiles", "ArrowExchange", "EventStream", "SequenceKernel", "Evaluation", "SyntheticBank", "ReportPage",
                "SequenceEmbedding", "IntentTaxonomy", "Recommendation", "CreditRisk", "ChatEndpoint", "Studies", "SettingsFiles", "Audit",
                "DecisionRecords", "InferenceService", "InferenceServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Figures",
            dependencies: [
                "DurableFiles", "EventStream", "SequenceKernel", "Evaluation", "SyntheticBank", "SequenceEmbedding",
                "IntentTaxonomy", "Recommendation", "CreditRisk", "BoostedTrees", "Studies", "SettingsFiles", "Audit", "AuditTestSupport",
                "InferenceService", "CAllocationCount",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Tests, in the same order.
        .target(
            name: "KernelTestSupport", dependencies: ["SequenceKernel"], path: "Tests/KernelTestSupport", swiftSettings: settings),
        .target(name: "FaultTestSupport", dependencies: ["DurableFiles"], path: "Tests/FaultTestSupport", swiftSettings: settings),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles"], swiftSettings: settings),
        .testTarget(
            name: "ArrowExchangeTests", dependencies: ["ArrowExchange", "CArrow", "DurableFiles", "FaultTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "EventStreamTests", dependencies: ["EventStream", "ArrowExchange", "DurableFiles", "FaultTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "SequenceKernelTests",
            dependencies: [
                "SequenceKernel", "KernelTestSupport", "VectorLoopsAVX2", "VectorLoopsAVX512", "VectorLoopsBFloat16", "DurableFiles",
            ],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(name: "EvaluationTests", dependencies: ["Evaluation"], exclude: ["Golden"], swiftSettings: settings),
        .testTarget(name: "BoostedTreesTests", dependencies: ["BoostedTrees", "Evaluation"], swiftSettings: settings),
        .testTarget(
            name: "SyntheticBankTests", dependencies: ["SyntheticBank", "DurableFiles", "FaultTestSupport"], swiftSettings: settings),
        .testTarget(name: "ReportPageTests", dependencies: ["ReportPage"], swiftSettings: settings),
        .testTarget(
            name: "SequenceEmbeddingTests",
            dependencies: [
                "SequenceEmbedding", "EventStream", "SequenceKernel", "DurableFiles", "KernelTestSupport", "FaultTestSupport",
            ],
            swiftSettings: settings),
        .target(
            name: "ReaderFuzzing",
            dependencies: [
                "EventStream", "SequenceKernel", "SequenceEmbedding", "SettingsFiles", "SyntheticBank", "Recommendation", "CreditRisk",
                "InferenceService", "DurableFiles",
            ],
            path: "Tests/ReaderFuzzing", swiftSettings: settings),
        .testTarget(name: "ReaderFuzzingTests", dependencies: ["ReaderFuzzing"], swiftSettings: settings),
        .testTarget(
            name: "IntentTaxonomyTests",
            dependencies: ["IntentTaxonomy", "EventStream", "SyntheticBank", "SettingsFiles", "Evaluation", "DurableFiles"],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "DistillationTests",
            dependencies: [
                "IntentTaxonomy", "EventStream", "SequenceEmbedding", "SequenceKernel", "DurableFiles", "KernelTestSupport",
                "FaultTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ProposalTests",
            dependencies: [
                "IntentTaxonomy", "ChatEndpoint", "EventStream", "SequenceEmbedding", "SequenceKernel", "SettingsFiles", "DurableFiles",
                "FaultTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RecommendationTests",
            dependencies: [
                "Recommendation", "SequenceKernel", "BoostedTrees", "Evaluation", "EventStream", "SyntheticBank", "DurableFiles",
                "KernelTestSupport", "FaultTestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "CreditRiskTests",
            dependencies: [
                "CreditRisk", "SequenceKernel", "BoostedTrees", "Evaluation", "DurableFiles", "KernelTestSupport", "FaultTestSupport",
            ],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "StudiesTests",
            dependencies: [
                "Studies", "SyntheticBank", "EventStream", "SequenceEmbedding", "SequenceKernel", "Recommendation", "CreditRisk",
                "Evaluation", "ReportPage", "DurableFiles",
            ],
            swiftSettings: settings),
        .target(
            name: "AuditTestSupport", dependencies: ["Audit", "DurableFiles", "CSQLite"], path: "Tests/AuditTestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "AuditTests", dependencies: ["Audit", "AuditTestSupport", "Evaluation", "DurableFiles", "CSQLite"],
            swiftSettings: settings),
        .testTarget(
            name: "DecisionRecordsTests", dependencies: ["DecisionRecords", "Audit", "EventStream", "DurableFiles"], swiftSettings: settings
        ),
        .testTarget(
            name: "InferenceServiceTests",
            dependencies: [
                "InferenceService", "EventStream", "SequenceKernel", "SequenceEmbedding", "IntentTaxonomy", "Recommendation", "CreditRisk",
                "Studies", "Audit", "AuditTestSupport", "DecisionRecords", "DurableFiles", "FaultTestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "InferenceServerTests",
            dependencies: [
                "InferenceServer", "InferenceService", "DurableFiles",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings),
        .testTarget(name: "SettingsFilesTests", dependencies: ["SettingsFiles"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CLI", "Figures", "Audit", "AuditTestSupport", "ArrowExchange", "EventStream", "SequenceEmbedding", "DurableFiles",
                "FaultTestSupport",
            ],
            exclude: ["Snapshots"], swiftSettings: settings),
    ]
)

// What tools/fuzz/run links with libFuzzer: the readers' entry functions and everything below them in one archive.
if Context.environment["TESSERA_FUZZ"] != nil {
    package.products.append(.library(name: "ReaderFuzzing", type: .static, targets: ["ReaderFuzzing"]))
}
