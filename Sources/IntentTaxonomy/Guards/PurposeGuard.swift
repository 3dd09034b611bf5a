/// Rules and the purposes of one command: what stands between it and its work.
public struct PurposeGuard: Sendable, Equatable {
    /// What the work is for; empty where nobody said.
    public var purposes: [Purpose]
    /// The rules; nil where none were given.
    public var rules: PurposeRules?
    /// Where the rules come from.
    public var place: String

    /// A guard; of rules alone it knows no purpose, and of purposes alone no rules.
    public init(_ purposes: [Purpose], rules: PurposeRules? = nil, place: String = "--purpose") {
        self.purposes = Purpose.allCases.filter(purposes.contains)
        (self.rules, self.place) = (rules, place)
    }

    /// What the rules, the intents' own prohibitions and the models' own purposes do not allow.
    ///
    /// A model that was trained for a purpose serves that purpose alone: where none is named it is refused, too. One that remembers no
    /// purpose is bound by the rules only.
    public func breaches(_ use: ModelUse) -> [PurposeBreach] {
        var found: [PurposeBreach] = []
        for purpose in purposes {
            let own = rules?.breaches(use, for: purpose) ?? []
            found += own
            for intent in use.intents where intent.prohibitedFor.contains(purpose) {
                guard !own.contains(where: { $0.subject == .intent && $0.name == intent.id }) else { continue }
                found.append(
                    PurposeBreach(
                        .intent, intent.id, purpose, reason: "the taxonomy prohibits it for \(purpose.rawValue)", remedy: use.intentRemedy))
            }
            for model in use.models {
                guard let record = model.record, !record.purposes.contains(purpose) else { continue }
                found.append(
                    PurposeBreach(
                        .model, model.place, purpose,
                        reason: "it was trained for \(Self.names(record.purposes)) and is to serve \(purpose.rawValue)",
                        remedy: "use it for what it was trained for, or train one for \(purpose.rawValue)"))
            }
        }
        guard purposes.isEmpty else { return found }
        return use.models.compactMap { model in
            model.record.map { record in
                PurposeBreach(
                    .model, model.place, record.purposes[0],
                    reason: "it was trained for \(Self.names(record.purposes)), and nobody says what it is to serve now",
                    remedy: "name it: --purpose \(record.purposes[0].rawValue)")
            }
        }
    }

    /// Refuses what is not allowed.
    public func check(_ use: ModelUse) throws(PurposeError) {
        let breaches = breaches(use)
        guard breaches.isEmpty else { throw .refused(place: place, breaches: breaches) }
    }

    /// Ids of the intents that are banned for any of the purposes.
    public func bannedIntents(_ use: ModelUse) -> Set<String> {
        Set(breaches(ModelUse(intents: use.intents, groups: use.groups)).filter { $0.subject == .intent }.map(\.name))
    }

    /// What a model trained behind this guard remembers: files of its folder by name. None without purposes or rules.
    public var record: [String: [UInt8]] {
        guard let rules, !purposes.isEmpty else { return [:] }
        return [PurposeRecord.file: PurposeRecord(purposes, rules: rules.reference).json]
    }

    private static func names(_ purposes: [Purpose]) -> String { purposes.map(\.rawValue).joined(separator: " and ") }
}
