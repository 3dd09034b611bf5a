extension PurposeRules {
    /// What of a use they do not allow for a purpose, in the order fields, intents, models. Empty where everything is allowed.
    ///
    /// An intent's own `prohibited_for` and a model's own purposes are not theirs: see ``PurposeGuard``.
    public func breaches(_ use: ModelUse, for purpose: Purpose) -> [PurposeBreach] {
        guard let rule = purposes[purpose] else {
            return [
                PurposeBreach(
                    .purpose, purpose.rawValue, purpose, reason: "the rules do not name this purpose",
                    remedy: "have a rule for it written and reviewed, or choose another purpose")
            ]
        }
        switch rule.standing {
        case .unrestricted: return []
        case .forbidden(let why):
            return [
                PurposeBreach(
                    .purpose, purpose.rawValue, purpose, reason: "no model may be used for it: \(why)", remedy: "choose another purpose")
            ]
        case .restricted(let bans): return bans.breaches(use, purpose)
        }
    }
}

extension PurposeRule.Bans {
    func breaches(_ use: ModelUse, _ purpose: Purpose) -> [PurposeBreach] {
        var found: [PurposeBreach] = []
        for field in use.fields {
            guard let ban = fields.first(where: { $0.matches(field) }) else { continue }
            found.append(
                PurposeBreach(
                    .field, field.name, purpose,
                    reason: "\(field.reader) reads it of \(field.table), and it is banned for \(purpose.rawValue)\(ban.because)",
                    remedy: field.remedy))
        }
        for intent in use.intents {
            if let ban = ban(intent, above: use.groups[intent.id] ?? []) {
                found.append(
                    PurposeBreach(
                        .intent, intent.id, purpose,
                        reason: "banned for \(purpose.rawValue)\(ban.name == intent.id ? "" : " by \(ban.name)")\(ban.because)",
                        remedy: use.intentRemedy))
            }
        }
        for model in use.models {
            guard let ban = models.first(where: { $0.matches(model) }) else { continue }
            found.append(
                PurposeBreach(
                    .model, model.place, purpose,
                    reason: "models like it (\(ban.name)) are banned for \(purpose.rawValue)\(ban.because)",
                    remedy: "use another model or purpose"))
        }
        return found
    }

    private func ban(_ intent: Intent, above groups: [String]) -> PurposeRule.Ban? {
        if let ban = intents.first(where: { $0.name == intent.id }) ?? intents.first(where: { groups.contains($0.name) }) { return ban }
        return sensitivities.contains(intent.sensitivity) ? PurposeRule.Ban("sensitivity \(intent.sensitivity.rawValue)") : nil
    }
}

extension PurposeRule.Ban {
    /// Whether a field is meant.
    public func matches(_ field: ModelUse.Field) -> Bool {
        matches(field.name) || matches("\(field.table).\(field.name)")
    }

    private func matches(_ name: String) -> Bool {
        let (wanted, name) = (self.name.lowercased(), name.lowercased())
        return wanted.hasSuffix("*") ? name.hasPrefix(wanted.dropLast()) : name == wanted
    }

    func matches(_ model: ModelUse.Model) -> Bool {
        name == model.kind.rawValue || (name.utf8.count >= 12 && model.id.hasPrefix(name))
    }

    var because: String { why.map { " (\($0))" } ?? "" }
}

extension PurposeRules {
    /// Bans that name nothing of a use that has things of their kind: a misspelt ban bans nothing.
    public func idleBans(_ use: ModelUse) -> [PurposeBreach] {
        Purpose.allCases.flatMap { purpose -> [PurposeBreach] in
            guard case .restricted(let bans) = purposes[purpose]?.standing else { return [] }
            func idle(_ subject: PurposeBreach.Subject, _ ban: PurposeRule.Ban, _ things: String) -> PurposeBreach {
                PurposeBreach(
                    subject, ban.name, purpose, reason: "it bans nothing of the \(things) given", remedy: "check how it is written")
            }
            let fields = use.fields.isEmpty ? [] : bans.fields.filter { ban in !use.fields.contains(where: ban.matches) }
            let intents =
                use.intents.isEmpty
                ? []
                : bans.intents.filter { ban in
                    !use.intents.contains { $0.id == ban.name || use.groups[$0.id]?.contains(ban.name) == true }
                }
            return fields.map { idle(.field, $0, "fields") } + intents.map { idle(.intent, $0, "intents") }
        }
    }
}
