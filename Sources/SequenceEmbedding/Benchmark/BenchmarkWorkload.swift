private import FoundationEssentials
public import SequenceKernel

/// A workload that other programs are measured on too: encoded sessions, batch plans, starting weights and the losses that
/// training from them must give.
///
/// A folder with `workload.json`, `workload.safetensors`, and for each size of model `reference-SIZE.safetensors` and
/// `reference-SIZE.json`. Fields come as ids 1 … vocabulary (0 padding, vocabulary + 1 mask), numbers as they are.
public struct BenchmarkWorkload: Sendable {
    /// A size of model.
    public struct Size: Codable, Sendable, Equatable {
        /// Width.
        public var d: Int
        /// Attention heads.
        public var heads: Int
        /// Layers.
        public var layers: Int
        /// Width of the feed-forward part.
        public var ff: Int
    }

    private struct Field: Codable {
        var name: String
        var vocab: Int
    }

    private struct Description: Codable {
        var fields: [Field]
        var numbers: [String]
        var masked_fields: [Int]
        var embed: Int
        var longest: Int
        var batch: Int
        var infer_batch: Int
        var configs: [String: Size]
    }

    private struct Reference: Codable {
        var losses: [Double]
    }

    /// The folder cannot be used.
    public struct Fault: Error, CustomStringConvertible {
        /// Place, reason, remedy.
        public let description: String
    }

    /// Sizes of models by name.
    public let sizes: [String: Size]
    /// The sessions, encoded.
    public let events: EncodedEvents
    /// Sessions of each training batch.
    public let trainingPlan: [[Int]]
    /// All sessions, by length.
    public let inferencePlan: [Int]
    /// Sessions embedded one at a time.
    public let latencyPlan: [Int]
    /// Sessions in a batch of ``inferencePlan``.
    public let inferenceBatch: Int
    private let description: Description
    private let masked: [UInt8]
    private let offsets: [Int]
    private let folder: String

    /// Reads `workload.json` and `workload.safetensors`.
    public init(_ folder: String) throws(Fault) {
        self.folder = folder
        description = try Self.json(folder + "/workload.json")
        sizes = description.configs
        inferenceBatch = description.infer_batch
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(folder + "/workload.safetensors")
            offsets = try file.integers("offsets")
            let category = try file.integers("category")
            let numbers = try file.floats("number")
            let eventCount = offsets.last ?? 0
            guard category.count == eventCount * description.fields.count, numbers.count == eventCount * description.numbers.count else {
                throw Fault(description: "\(folder)/workload.safetensors: arrays do not fit workload.json; make the folder anew")
            }
            masked = try file.integers("masked").map { UInt8(truncatingIfNeeded: $0) }
            let plan = try file.integers("plan_bucketed")
            let batch = description.batch
            trainingPlan = stride(from: 0, to: plan.count, by: batch).map { Array(plan[$0..<$0 + batch]) }
            inferencePlan = try file.integers("plan_infer")
            latencyPlan = try file.integers("latency")
            events = EncodedEvents(
                plan: Self.plan(description), offsets: offsets,
                lookups: description.fields.indices.map { field in
                    category[field * eventCount..<(field + 1) * eventCount].map { Int32(truncatingIfNeeded: $0) }
                },
                scalars: description.numbers.indices.map { Array(numbers[$0 * eventCount..<($0 + 1) * eventCount]) })
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(description: "\(folder)/workload.safetensors: \(error)")
        }
    }

    private static func json<Value: Decodable>(_ path: String) throws(Fault) -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(filePath: path))) } catch {
            throw Fault(description: "\(path): not readable (\(error)); make the folder with the workload's own program")
        }
    }

    private static func plan(_ description: Description) -> FeaturePlan {
        FeaturePlan(
            encoded: description.fields.map { ($0.name, $0.vocab) }, width: description.embed, numbers: description.numbers,
            predicted: description.masked_fields)
    }

    /// The configuration of a size: what anybody would write for these fields.
    public func configuration(_ size: Size) -> ModelConfiguration {
        var configuration = ModelConfiguration()
        (configuration.width, configuration.embeddingSize) = (size.d, size.d)
        (configuration.heads, configuration.layers, configuration.feedForward) = (size.heads, size.layers, size.ff)
        configuration.dropout = 0
        configuration.maximumEvents = description.longest
        // The reference adds the fields' means; the objective takes the mean of them.
        configuration.objectives.maskedEvent.weight = Float(description.masked_fields.count)
        return configuration
    }

    /// The model of a size.
    public func model(_ name: String) throws(Fault) -> SequenceModel {
        guard let size = sizes[name] else {
            throw Fault(description: "no size \(name); the workload has \(sizes.keys.sorted().joined(separator: ", "))")
        }
        return SequenceModel(configuration(size), events.plan)
    }

    /// The reference's starting weights in our layout.
    public func referenceWeights(_ name: String, _ model: SequenceModel) throws(Fault) -> ParameterVector {
        let path = "\(folder)/reference-\(name).safetensors"
        let weights = ParameterVector(zeros: model.parameters)
        do {
            let file = try SafetensorsFile(path)
            let table = try file.floats("table.weight")
            var start = 0
            for (index, field) in description.fields.enumerated() {
                let count = (field.vocab + 2) * description.embed
                guard start + count <= table.count else { throw Fault(description: "\(path): table.weight is too short") }
                weights[model.events.tables[index]] = Array(table[start..<start + count])
                start += count
            }
            let tables = Set(model.events.tables.map(\.name))
            for parameter in weights.parameters where !tables.contains(parameter.name) {
                let foreign = foreignName(parameter.name)
                let floats = try file.floats(foreign)
                guard floats.count == parameter.count else {
                    throw Fault(description: "\(path): \(foreign) has \(floats.count) floats for \(parameter.name) \(parameter.shape)")
                }
                weights[parameter] = floats
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(description: "\(path): \(error)")
        }
        return weights
    }

    /// PyTorch's name of one of our parameters.
    private func foreignName(_ name: String) -> String {
        for (place, field) in description.masked_fields.enumerated() {
            let head = "heads.masked.\(description.fields[field].name)."
            if name.hasPrefix(head) { return "predict.\(place)." + name.dropFirst(head.count) }
        }
        let pairs = [
            ["events", "project"]: ["project"], ["encoder", "layers"]: ["layers"], ["encoder", "norm"]: ["norm"],
            ["attention", "qkv"]: ["qkv"], ["attention", "output"]: ["out"], ["feed_forward", "up"]: ["up"],
            ["feed_forward", "down"]: ["down"],
        ]
        var parts = name.split(separator: ".").map(String.init)
        if parts[0] == "places" { parts[0] = "position" }
        var index = 0
        while index + 1 < parts.count {
            if let theirs = pairs[[parts[index], parts[index + 1]]] { parts.replaceSubrange(index...index + 1, with: theirs) }
            index += 1
        }
        return parts.joined(separator: ".")
    }

    /// The embeddings that the reference weights give for the first sessions of ``latencyPlan``.
    public func referenceEmbeddings(_ name: String) throws(Fault) -> [Float] {
        do { return try SafetensorsFile("\(folder)/reference-\(name).safetensors").floats("check.embeddings") } catch {
            throw Fault(description: "\(folder)/reference-\(name).safetensors: \(error)")
        }
    }

    /// The losses of the first steps from the reference weights.
    public func referenceLosses(_ name: String) throws(Fault) -> [Double] {
        let reference: Reference = try Self.json("\(folder)/reference-\(name).json")
        return reference.losses
    }

    /// Classes of each hidden field's prediction.
    var hiddenClasses: [Int] { description.masked_fields.map { description.fields[$0].vocab + 1 } }
    /// Share of the events that training hides, as the workload's own program counts operations.
    var hiddenShare: Double { 0.15 }

    /// The objective with the workload's own hidden events.
    public func objective(_ model: SequenceModel, shardCount: Int) -> PretrainingObjective {
        let objective = PretrainingObjective(model, shardCount: shardCount)
        let fields = description.masked_fields
        let masked = masked
        objective.hide { shard, hiding in
            let rows = shard.rowCount
            hiding.update(repeating: 0, count: shard.plan.units.count * rows)
            for session in 0..<shard.sessionCount {
                for (place, row) in shard.offsets[session].enumerated() where masked[Int(shard.firstEvents[session]) + place] != 0 {
                    for field in fields { hiding[field * rows + row] = 1 }
                }
            }
        }
        return objective
    }

    /// A batcher over the workload; batches are filled by session numbers.
    public func batcher(shardCount: Int, pool: WorkerPool? = nil) -> PackedBatcher {
        PackedBatcher(
            events, sessions: Array(0..<events.sessionCount), batchSessions: description.batch, maximumEvents: description.longest,
            shardCount: shardCount, seed: 0, shuffles: false, pool: pool)
    }

    /// The reference's optimiser: everything decays, every row at every step, a constant rate, no clipping.
    public static var optimizer: AdamW { AdamW(weightDecay: 0.01, decayEverything: true, tables: .dense) }
}

extension FeaturePlan {
    /// A plan of fields that come as ids: 1 … vocabulary, 0 padding, vocabulary + 1 mask; and of numbers as they are.
    package init(encoded fields: [(name: String, vocabulary: Int)], width: Int, numbers: [String], predicted: [Int]) {
        self.init()
        for (index, field) in fields.enumerated() {
            units.append(.init(field: field.name, lookup: index, bag: nil, scalars: 0..<0, predicted: predicted.contains(index)))
            lookups.append(
                .init(
                    field: field.name, size: field.vocabulary + 2, width: width, maskID: Int32(field.vocabulary + 1), unknownID: -1,
                    classes: field.vocabulary + 1))
        }
        scalars = numbers.map { .value(field: $0) }
    }
}
