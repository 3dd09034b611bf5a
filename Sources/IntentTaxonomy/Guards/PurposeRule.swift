/// What holds for one purpose.
public struct PurposeRule: Sendable, Equatable, Codable {
    /// What may be used for it.
    public enum Standing: Sendable, Equatable {
        /// Nothing: no model may be trained or used for it; why.
        case forbidden(String)
        /// Everything; why.
        case unrestricted(String)
        /// Everything but these.
        case restricted(Bans)
    }

    /// One thing that is banned.
    public struct Ban: Sendable, Equatable, Codable {
        /// Its name.
        public var name: String
        /// Why, for whoever is refused.
        public var why: String?

        /// A ban.
        public init(_ name: String, why: String? = nil) { (self.name, self.why) = (name, why) }

        enum CodingKeys: String, CodingKey { case name, why }

        /// Reads a name alone, or `name:` with `why:`.
        public init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                (self.name, why) = (name, nil)
            } else {
                let values = try decoder.container(keyedBy: CodingKeys.self)
                name = try values.decode(String.self, forKey: .name)
                why = try values.decodeIfPresent(String.self, forKey: .why)
            }
        }
    }

    /// What is banned.
    public struct Bans: Sendable, Equatable, Codable {
        /// Fields by name, of any table; `table.name` for one table; a `*` at the end stands for anything. Case does not count.
        public var fields: [Ban]
        /// Intents by id; a group bans those below it.
        public var intents: [Ban]
        /// Models by kind (``ModelUse/Kind``), or by the first twelve or more digits of their id.
        public var models: [Ban]
        /// Intents of these sensitivities.
        public var sensitivities: [Sensitivity]

        /// Bans; none unless given.
        public init(fields: [Ban] = [], intents: [Ban] = [], models: [Ban] = [], sensitivities: [Sensitivity] = []) {
            (self.fields, self.intents, self.models, self.sensitivities) = (fields, intents, models, sensitivities)
        }

        /// Whether it bans nothing.
        public var isEmpty: Bool { fields.isEmpty && intents.isEmpty && models.isEmpty && sensitivities.isEmpty }

        enum CodingKeys: String, CodingKey { case fields, intents, models, sensitivities }

        /// Reads bans; a list that is there and empty is refused.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            let path = decoder.codingPath.map(\.stringValue)
            func refuse(_ key: CodingKeys, _ index: Int?, _ reason: String, _ remedy: String) -> PurposeError {
                .rules(path: path + [key.rawValue] + (index.map { ["\($0)"] } ?? []), reason: reason, remedy: remedy)
            }
            func bans(_ key: CodingKeys, _ fault: (String) -> (reason: String, remedy: String)?) throws -> [Ban] {
                guard values.contains(key) else { return [] }
                let bans = try values.decodeIfPresent([Ban].self, forKey: key) ?? []
                guard !bans.isEmpty else {
                    throw refuse(key, nil, "the list is empty and bans nothing", "name what is banned, or remove the key")
                }
                var seen = Set<String>()
                for (index, ban) in bans.enumerated() {
                    if let fault = fault(ban.name) { throw refuse(key, index, fault.reason, fault.remedy) }
                    guard seen.insert(ban.name).inserted else {
                        throw refuse(key, index, "\(ban.name) stands twice", "remove one of the two")
                    }
                }
                return bans
            }
            fields = try bans(.fields) { name in
                if name.isEmpty || name == "*" { return ("it names no field", "write a field's name, table.name or name*") }
                guard name.utf8.dropLast().contains(UInt8(ascii: "*")) else { return nil }
                return ("a * may stand at the end only", "write the beginning of the names and a *")
            }
            intents = try bans(.intents) { name in
                Intent.isWellFormed(id: name) ? nil : ("this is no id of an intent", "write its id as the taxonomy has it")
            }
            models = try bans(.models) { name in
                if ModelUse.Kind(rawValue: name) != nil { return nil }
                let isID =
                    (12...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
                let kinds = ModelUse.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                return isID
                    ? nil : ("this is neither a kind of model nor the beginning of an id", "write \(kinds), or twelve digits of an id")
            }
            sensitivities = []
            if values.contains(.sensitivities) {
                let names = try values.decodeIfPresent([String].self, forKey: .sensitivities) ?? []
                guard !names.isEmpty else {
                    throw refuse(.sensitivities, nil, "the list is empty and bans nothing", "name what is banned, or remove the key")
                }
                for (index, name) in names.enumerated() {
                    guard let sensitivity = Sensitivity(rawValue: name) else {
                        throw refuse(
                            .sensitivities, index, "there is no sensitivity of this name",
                            "choose from \(Sensitivity.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    guard !sensitivities.contains(sensitivity) else {
                        throw refuse(.sensitivities, index, "\(name) stands twice", "remove one of the two")
                    }
                    sensitivities.append(sensitivity)
                }
            }
            guard !isEmpty else {
                throw PurposeError.rules(path: path, reason: "it bans nothing", remedy: "name fields, intents, models or sensitivities")
            }
        }

        /// Writes the lists that are not empty.
        public func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            for (list, key) in [(fields, CodingKeys.fields), (intents, .intents), (models, .models)] where !list.isEmpty {
                try values.encode(list, forKey: key)
            }
            if !sensitivities.isEmpty { try values.encode(sensitivities, forKey: .sensitivities) }
        }
    }

    /// Kinds of records that a ledger keeps inputs with.
    public enum RecordKind: String, Sendable, Codable, CaseIterable {
        /// A label, rank or score.
        case decision
        /// What a reviewer said.
        case review
        /// Anything else.
        case note
    }

    /// What may be used for the purpose.
    public var standing: Standing
    /// Days for which the inputs of records are kept, by kind; no limit where a kind is missing.
    public var retentionDays: [RecordKind: Int]

    /// A rule.
    public init(_ standing: Standing, retentionDays: [RecordKind: Int] = [:]) {
        (self.standing, self.retentionDays) = (standing, retentionDays)
    }

    /// Longest limit: a hundred years.
    public static let mostDays = 36_525

    enum CodingKeys: String, CodingKey {
        case forbidden, unrestricted, banned
        case retentionDays = "retention_days"
    }

    /// Reads a rule: exactly one of `forbidden: why`, `unrestricted: why` and `banned: …`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let path = decoder.codingPath.map(\.stringValue)
        let standings = [CodingKeys.forbidden, .unrestricted, .banned].filter { values.contains($0) }
        guard standings.count == 1 else {
            throw PurposeError.rules(
                path: path + (standings.last.map { [$0.rawValue] } ?? []),
                reason: standings.isEmpty ? "it does not say what is banned" : "it says two things at once",
                remedy: "write one of banned: with lists, unrestricted: with the reason, forbidden: with the reason")
        }
        func reason(_ key: CodingKeys) throws -> String {
            let text = try values.decodeIfPresent(String.self, forKey: key) ?? ""
            guard text.contains(where: { !$0.isWhitespace }) else {
                throw PurposeError.rules(path: path + [key.rawValue], reason: "the reason is missing", remedy: "say why in a sentence")
            }
            return text
        }
        switch standings[0] {
        case .forbidden: standing = .forbidden(try reason(.forbidden))
        case .unrestricted: standing = .unrestricted(try reason(.unrestricted))
        default:
            guard let bans = try values.decodeIfPresent(Bans.self, forKey: .banned) else {
                throw PurposeError.rules(
                    path: path + ["banned"], reason: "it bans nothing", remedy: "name fields, intents, models or sensitivities")
            }
            standing = .restricted(bans)
        }
        retentionDays = [:]
        for (name, days) in try values.decodeIfPresent([String: Int].self, forKey: .retentionDays) ?? [:] {
            let place = path + [CodingKeys.retentionDays.rawValue, name]
            guard let kind = RecordKind(rawValue: name) else {
                throw PurposeError.rules(
                    path: place, reason: "there is no kind of record of this name",
                    remedy: "choose from \(RecordKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard (1...Self.mostDays).contains(days) else {
                throw PurposeError.rules(path: place, reason: "days lie between 1 and \(Self.mostDays)", remedy: "write a number of days")
            }
            retentionDays[kind] = days
        }
    }

    /// Writes a rule as it is read.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch standing {
        case .forbidden(let why): try values.encode(why, forKey: .forbidden)
        case .unrestricted(let why): try values.encode(why, forKey: .unrestricted)
        case .restricted(let bans): try values.encode(bans, forKey: .banned)
        }
        if !retentionDays.isEmpty {
            try values.encode(
                Dictionary(uniqueKeysWithValues: retentionDays.map { ($0.key.rawValue, $0.value) }), forKey: .retentionDays)
        }
    }
}
