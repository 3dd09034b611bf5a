/// How the next item is ranked beside the network: by what the session already holds, and by what followed what in training.
///
/// In shops four targets in ten are items the visitor has already seen, and which of them depends on how long ago and how
/// often, not on what they are. So the next item is drawn in two steps: an item of the session, by a small table
/// model; or a new one, by counts of neighbours mixed with the network's softmax.
public struct NextItemSettings: Codable, Sendable, Equatable {
    /// Steps before and after an item that count as its neighbours (5).
    public var reach = 5
    /// What a neighbour counts per step of distance (0.7).
    public var fade: Float = 0.7
    /// What a neighbour before counts against one after (0.8).
    public var backward: Float = 0.8
    /// Sessions count 1 / length to this power (0.5).
    public var lengthPower: Float = 0.5
    /// Links are divided by the item's own occurrences to this power (0.6).
    public var itemPower: Float = 0.6
    /// Links are divided by the neighbour's occurrences to this power (0.1).
    public var neighbourPower: Float = 0.1
    /// Links count to this power when they are added up (0.5).
    public var linkPower: Float = 0.5
    /// Steps after which an item of the session counts 1/e (3).
    public var memory: Float = 3
    /// What links of links count (0.2).
    public var secondHop: Float = 0.2
    /// Best items whose links are followed on (30).
    public var secondHopItems = 30
    /// Links kept for an item (400).
    public var neighbours = 400
    /// Share of the network in the mass of new items (0.3); 0 leaves it out.
    public var networkShare: Float = 0.3
    /// Items of the prefix that are read (50).
    public var prefixLength = 50
    /// Sessions at the end of the training part, as a share, that the table model is fitted on (0.2).
    public var fitShare = 0.2
    /// Shortest prefix that the table model is fitted on (1).
    public var minimumPrefix = 1

    /// The defaults, for short sessions.
    public init() {}

    /// For sessions of dozens of items: far neighbours count, the network is left out.
    public static var longSessions: NextItemSettings {
        var settings = NextItemSettings()
        (settings.reach, settings.fade, settings.backward) = (20, 0.95, 1)
        (settings.lengthPower, settings.neighbourPower, settings.linkPower) = (0.3, 0, 0.35)
        (settings.memory, settings.secondHop, settings.networkShare, settings.fitShare) = (16, 0, 0, 0.1)
        return settings
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case reach, fade, backward, lengthPower, itemPower, neighbourPower, linkPower, memory, secondHop, secondHopItems
        case neighbours, networkShare, prefixLength, fitShare, minimumPrefix
    }

    /// Decodes what is present and keeps defaults for the rest.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.settings(CodingKeys.self)
        try values.read(.reach, into: &reach)
        try values.read(.fade, into: &fade)
        try values.read(.backward, into: &backward)
        try values.read(.lengthPower, into: &lengthPower)
        try values.read(.itemPower, into: &itemPower)
        try values.read(.neighbourPower, into: &neighbourPower)
        try values.read(.linkPower, into: &linkPower)
        try values.read(.memory, into: &memory)
        try values.read(.secondHop, into: &secondHop)
        try values.read(.secondHopItems, into: &secondHopItems)
        try values.read(.neighbours, into: &neighbours)
        try values.read(.networkShare, into: &networkShare)
        try values.read(.prefixLength, into: &prefixLength)
        try values.read(.fitShare, into: &fitShare)
        try values.read(.minimumPrefix, into: &minimumPrefix)
    }

    func validate() throws(ConfigurationError) {
        for (name, value) in [
            ("fade", fade), ("backward", backward), ("lengthPower", lengthPower), ("itemPower", itemPower),
            ("neighbourPower", neighbourPower), ("linkPower", linkPower), ("secondHop", secondHop),
        ] { try ModelConfiguration.check("objectives.nextEvent.prior.\(name)", value, 0...10) }
        try ModelConfiguration.check("objectives.nextEvent.prior.reach", reach, 1...1000)
        try ModelConfiguration.check("objectives.nextEvent.prior.memory", memory, 0.01...100_000)
        try ModelConfiguration.check("objectives.nextEvent.prior.secondHopItems", secondHopItems, 0...100_000)
        try ModelConfiguration.check("objectives.nextEvent.prior.neighbours", neighbours, 1...100_000)
        try ModelConfiguration.check("objectives.nextEvent.prior.networkShare", networkShare, 0...1)
        try ModelConfiguration.check("objectives.nextEvent.prior.prefixLength", prefixLength, 1...10_000)
        try ModelConfiguration.check("objectives.nextEvent.prior.fitShare", fitShare, 0.001...1)
        try ModelConfiguration.check("objectives.nextEvent.prior.minimumPrefix", minimumPrefix, 1...1000)
    }
}
