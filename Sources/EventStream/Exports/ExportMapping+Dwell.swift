/// How long a page was looked at, where the vendor says so itself.
extension ExportMapping {
    /// A field that tells a dwell; where it is missing the dwell is the time to the next event.
    ///
    /// ```yaml
    /// dwell: { field: engagement_ms, unit: ms, of: previous }
    /// ```
    /// No longer than the import's limit; numbers below 0 count as missing. Pings (``Pings``) tell more and come before it.
    public struct Dwell: Sendable, Equatable {
        /// Whose dwell it is.
        public enum Owner: String, Sendable, Codable, CaseIterable {
            /// The event's own, as of tools that send it when the page is left.
            case own
            /// That of the session's event before, as of GA4, which sends with each event how long the page was in front since the last.
            case previous
        }

        /// A numeric field of the mapping.
        public var field: String
        /// The unit of its numbers.
        public var unit: Time.Unit
        /// Whose dwell it is.
        public var owner: Owner

        /// A dwell told by a field.
        public init(field: String, unit: Time.Unit, of owner: Owner = .own) {
            (self.field, self.unit, self.owner) = (field, unit, owner)
        }

        /// Seconds a unit; nil for the form of a date.
        var secondsPerUnit: Double? {
            switch unit {
            case .seconds: 1
            case .milliseconds: 1e-3
            case .microseconds: 1e-6
            case .iso8601: nil
            }
        }
    }

    func validateDwell() throws(ExportError) {
        guard let dwell else { return }
        func refuse(_ reason: String, _ remedy: String) -> ExportError {
            ExportError(.badMapping, place: "mapping, `dwell`", reason: reason, remedy: remedy)
        }
        guard time != nil else { throw refuse("dwells have no meaning without times", "name the time, or remove the entry") }
        guard fields.contains(where: { $0.name == dwell.field && $0.isNumeric }) else {
            throw refuse("there is no numeric field \(dwell.field)", "name a field of the mapping with `kind: numeric`")
        }
        guard dwell.secondsPerUnit != nil else { throw refuse("`unit` is a form of dates", "write s, ms or us") }
    }
}

extension ExportMapping.Dwell: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case field, unit
        case owner = "of"
    }

    /// Decodes the entry; `field` and `unit` are needed.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            field: try entries.decode(String.self, forKey: .field), unit: try entries.decode(ExportMapping.Time.Unit.self, forKey: .unit),
            of: try entries.decodeIfPresent(Owner.self, forKey: .owner) ?? .own)
    }
}
