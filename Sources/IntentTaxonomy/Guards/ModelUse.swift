/// What a training, a packing or a serving uses: plain names, whatever model they come from.
public struct ModelUse: Sendable, Equatable {
    /// What a model does.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Turns sessions into embeddings.
        case encoder
        /// Labels sessions.
        case intents
        /// Orders tiles.
        case ranker
        /// Foretells applications.
        case predictor
        /// Foretells arrears.
        case scorecard
    }

    /// A field that is read.
    public struct Field: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its table: `events`, `customers`, `tiles`, or as a scorecard names it.
        public var table: String
        /// What reads it, in words.
        public var reader: String
        /// How to leave it out, as a demand.
        public var remedy: String

        /// A field.
        public init(_ name: String, table: String, reader: String, remedy: String) {
            (self.name, self.table, self.reader, self.remedy) = (name, table, reader, remedy)
        }
    }

    /// A model that takes part.
    public struct Model: Sendable, Equatable {
        /// What it does.
        public var kind: Kind
        /// Its id; empty for one that is about to be trained.
        public var id: String
        /// Its folder.
        public var place: String
        /// What it remembers of its training; nil where it was not trained for a purpose.
        public var record: PurposeRecord?

        /// A model.
        public init(_ kind: Kind, id: String = "", place: String, record: PurposeRecord? = nil) {
            (self.kind, self.id, self.place, self.record) = (kind, id, place, record)
        }
    }

    /// Fields that are read.
    public var fields: [Field]
    /// Intents that are given out or learnt from.
    public var intents: [Intent]
    /// The taxonomy's groups above them, by the intent's id.
    public var groups: [String: [String]]
    /// Models that take part.
    public var models: [Model]
    /// How to leave intents out, as a demand.
    public var intentRemedy: String

    /// A use of nothing, unless given.
    public init(
        fields: [Field] = [], intents: [Intent] = [], groups: [String: [String]] = [:], models: [Model] = [],
        intentRemedy: String = "pack the classifier with --leave-out-banned"
    ) {
        (self.fields, self.intents, self.groups, self.models, self.intentRemedy) = (fields, intents, groups, models, intentRemedy)
    }

    /// Both together.
    public static func + (one: ModelUse, other: ModelUse) -> ModelUse {
        ModelUse(
            fields: one.fields + other.fields, intents: one.intents + other.intents,
            groups: one.groups.merging(other.groups) { own, _ in own }, models: one.models + other.models,
            intentRemedy: other.intents.isEmpty ? one.intentRemedy : other.intentRemedy)
    }
}

/// Something that is used and must not be.
public struct PurposeBreach: Sendable, Equatable, Codable, CustomStringConvertible {
    /// What kind of thing it is.
    public enum Subject: String, Sendable, Codable {
        /// The purpose itself.
        case purpose
        /// A field.
        case field
        /// An intent.
        case intent
        /// A model.
        case model
    }

    /// What kind of thing it is.
    public var subject: Subject
    /// Its name.
    public var name: String
    /// What it is refused for.
    public var purpose: Purpose
    /// Where it is used and which rule says no, in words.
    public var reason: String
    /// What a person can do.
    public var remedy: String

    /// A breach.
    public init(_ subject: Subject, _ name: String, _ purpose: Purpose, reason: String, remedy: String) {
        (self.subject, self.name, self.purpose, self.reason, self.remedy) = (subject, name, purpose, reason, remedy)
    }

    /// Name, reason and remedy in one line.
    public var description: String {
        subject == .purpose ? "\(purpose.rawValue): \(reason); \(remedy)" : "\(subject.rawValue) \(name): \(reason); \(remedy)"
    }
}
