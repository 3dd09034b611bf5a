/// What a model reads of an event, fitted once on the training sessions: which tables it looks up, which bags it makes, which
/// numbers it takes as they are, and what can be hidden and predicted. Together with the ``ModelConfiguration`` it fixes
/// every shape of the model.
public struct FeaturePlan: Codable, Sendable, Equatable {
    /// A table of vectors looked up by one id an event: a categorical field's values, or a numeric field's bins.
    public struct Lookup: Codable, Sendable, Equatable {
        /// The field.
        public var field: String
        /// Rows of the table.
        public var size: Int
        /// Floats of a vector.
        public var width: Int
        /// The id of a hidden value.
        public var maskID: Int32
        /// The id of a value not met before.
        public var unknownID: Int32
        /// Classes of a head that predicts it: ids 0 ..< classes; greater ids are left out of the loss.
        public var classes: Int
        /// Where ids tell which of the session's values it is and not the value itself: how many are told apart.
        public var withinSession: Int?

        /// A table.
        public init(
            field: String, size: Int, width: Int, maskID: Int32 = Vocabulary.mask, unknownID: Int32 = Vocabulary.unknown,
            classes: Int, withinSession: Int? = nil
        ) {
            self.field = field
            self.size = size
            self.width = width
            self.maskID = maskID
            self.unknownID = unknownID
            self.classes = classes
            self.withinSession = withinSession
        }
    }

    /// A text or url field: the mean of its buckets' vectors.
    public struct Bag: Codable, Sendable, Equatable {
        /// The field.
        public var field: String
        /// How a text becomes buckets.
        public var hashing: TextHashing
        /// Floats of a vector.
        public var width: Int
        /// Classes of a head that predicts the whole value, by the vocabulary of the field.
        public var classes: Int
    }

    /// What a column of the block of plain numbers holds.
    public enum Scalar: Codable, Sendable, Equatable {
        /// A numeric field, standardised.
        case value(field: String)
        /// One of the floats of a ready-made vector.
        case vector(field: String, index: Int)
        /// 1 where a ready-made vector is absent.
        case vectorAbsent(field: String)
        /// `log1p` of the seconds since the previous event, standardised.
        case previousGap
        /// `log1p` of the seconds to the session's latest event, standardised.
        case latestGap
        /// Sine of the hour's angle; 0 without a time.
        case hourSine
        /// Cosine of the hour's angle.
        case hourCosine
        /// Sine of the weekday's angle.
        case weekdaySine
        /// Cosine of the weekday's angle.
        case weekdayCosine
    }

    /// One field as training hides it: everything that tells its value, and what is predicted.
    public struct Unit: Codable, Sendable, Equatable {
        /// The field.
        public var field: String
        /// Index into ``FeaturePlan/lookups``.
        public var lookup: Int?
        /// Index into ``FeaturePlan/bags``.
        public var bag: Int?
        /// Columns of the numbers.
        public var scalars: Range<Int>
        /// Whether objectives predict it.
        public var predicted: Bool
    }

    /// Tables.
    public var lookups: [Lookup] = []
    /// Bags.
    public var bags: [Bag] = []
    /// Columns of plain numbers.
    public var scalars: [Scalar] = []
    /// What can be hidden.
    public var units: [Unit] = []
    /// Statistics of numeric fields by field, and of the gaps under the names of ``Scalar``'s cases.
    public var statistics: [String: NumericStatistics] = [:]

    /// An empty plan, to be filled by hand.
    public init() {}

    /// Classes of a unit's head; 0 when it is not predicted.
    public func classes(_ unit: Int) -> Int {
        let unit = units[unit]
        guard unit.predicted else { return 0 }
        if let bag = unit.bag { return bags[bag].classes }
        if let lookup = unit.lookup { return lookups[lookup].classes }
        return 0
    }

    /// Floats of an event when everything is laid side by side: lookups, bags, numbers.
    public var concatenatedWidth: Int {
        lookups.reduce(0) { $0 + $1.width } + bags.reduce(0) { $0 + $1.width } + scalars.count
    }

    /// The name under which a derived numeric field, the time spent on an event, is known; no export field can be called so.
    public static let dwellField = "@dwell"

    /// Statistics' key of the gap to the previous event.
    static let previousGapKey = "@previous-gap"
    /// Statistics' key of the gap to the latest event.
    static let latestGapKey = "@latest-gap"
}

/// A ready-made vector for each value of a field: page texts embedded by somebody else's model.
public struct VectorTable: Sendable, Equatable {
    /// Floats of a vector.
    public let width: Int
    /// The values that have one, in the order of the rows.
    public let values: [String]
    /// `values.count` rows of `width` floats.
    public let floats: [Float]
    /// The row of each value.
    let rows: [String: Int32]

    /// Vectors as given.
    public init(width: Int, values: [String], floats: [Float]) {
        precondition(floats.count == values.count * width, "VectorTable: \(floats.count) floats for [\(values.count), \(width)]")
        self.width = width
        self.values = values
        self.floats = floats
        rows = Dictionary(values.enumerated().map { ($1, Int32($0)) }) { _, last in last }
    }

    /// Equality of content.
    public static func == (left: VectorTable, right: VectorTable) -> Bool {
        left.width == right.width && left.values == right.values && left.floats == right.floats
    }
}
