extension LabelFile {
    func jsonRows(_ body: (Row) -> Void) {
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            body(jsonRow(line, number))
        }
    }

    private func jsonRow(_ line: ArraySlice<UInt8>, _ number: Int) -> Row {
        guard let object = JSONText(line), case .members = object else {
            return .refused(reject(.badJSON, number, "expected one JSON object in UTF-8 on the line"), nil)
        }
        func text(_ names: [String]) -> String? {
            for name in names {
                switch object[name] {
                case .text(let text)?: return text
                case .number(let value)?: return Int(exactly: value).map(String.init) ?? "\(value)"
                default: continue
                }
            }
            return nil
        }
        guard case .members(let members)? = object["intents"] else {
            return .refused(reject(.missingIntents, number, "expected `intents`: an object of ids and confidences, {} for none"), nil)
        }
        var intents: [(id: String, confidence: Double)] = []
        for (place, member) in members.enumerated() {
            guard case .number(let confidence) = member.value else {
                return .refused(reject(.badConfidence, number, "confidence \(place + 1) of \(members.count) is not a number"), nil)
            }
            if let known = intents.first(where: { $0.id == member.name }) {
                if known.confidence == confidence { continue }
                return .refused(reject(.contradictingDuplicate, number, "the row gives one intent two confidences"), nil)
            }
            intents.append((member.name, confidence))
        }
        return complete(
            SuppliedLabel(
                session: text(Self.sessionNames) ?? "", visitor: text(Self.visitorNames), intents: intents,
                annotator: text(["annotator"]) ?? "", annotatorVersion: text(["annotator_version"]), time: text(["time"]),
                rationale: text(["rationale"]), taxonomyDigest: text(["taxonomy_digest"]), line: number, isPart: false))
    }
}
