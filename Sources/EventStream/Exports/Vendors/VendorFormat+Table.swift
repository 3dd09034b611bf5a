/// What is known of the formats in delimited text.
extension VendorFormat {
    /// What a column that the mapping does not name is good for.
    enum ColumnUse: Equatable {
        /// Nothing.
        case none
        /// It is kept as a text.
        case text
        /// Its cells are JSON, whose members are kept; their names begin with the stem, if any.
        case cell(stem: String)
    }

    /// Whether files of this format are delimited text.
    var isDelimited: Bool {
        switch self {
        case .ga4, .rudderstack, .segment, .amplitude, .mixpanel, .xdm, .otto: false
        case .snowplow, .snowplowTable, .adobeFeed, .ga4Table, .segmentTable, .amplitudeTable: true
        }
    }

    /// Whether a table with these columns, in lower case, is of this format.
    func fits(table names: Set<String>) -> Bool {
        func hasAny(_ columns: String...) -> Bool { columns.contains { names.contains($0) } }
        switch self {
        case .snowplowTable:
            return names.isSuperset(of: ["event_id", "collector_tstamp"]) && hasAny("event", "event_name")
                && hasAny("domain_userid", "network_userid")
        case .adobeFeed: return names.isSuperset(of: AdobeFeed.needed) && hasAny("visid_high", "post_visid_high")
        case .ga4Table:
            return names.contains("user_pseudo_id")
                && (names.isSuperset(of: ["event_timestamp"]) || names.isSuperset(of: ["name", "timestamp", "_fivetran_id"]))
        case .segmentTable:
            return names.isSuperset(of: ["anonymous_id", "timestamp"]) && hasAny("received_at", "sent_at", "original_timestamp")
        case .amplitudeTable:
            return names.isSuperset(of: ["event_type", "event_time"]) && hasAny("device_id", "amplitude_id")
                && hasAny("uuid", "_insert_id", "$insert_id", "event_properties")
        case .ga4, .rudderstack, .segment, .amplitude, .mixpanel, .xdm, .otto, .snowplow: return false
        }
    }

    /// The mapping for a table with this header.
    func tableMapping(_ header: [String]) -> ExportMapping {
        switch self {
        case .snowplowTable: .snowplowTable(header)
        case .adobeFeed: .adobeFeed.pruned(to: header)
        case .ga4Table: .ga4Table.pruned(to: header)
        case .segmentTable: .segmentTable.pruned(to: header)
        case .amplitudeTable: .amplitudeTable(header)
        case .ga4, .rudderstack, .segment, .amplitude, .mixpanel, .xdm, .otto, .snowplow: mapping
        }
    }

    /// What a column is good for beyond what the mapping names.
    func use(ofColumn name: String) -> ColumnUse {
        let lower = name.lowercased()
        switch self {
        case .snowplow: return SnowplowColumns.cells.contains(name) ? .cell(stem: "") : .none
        case .snowplowTable:
            if lower.hasPrefix("contexts_") || lower.hasPrefix("unstruct_event_") { return .cell(stem: SnowplowColumns.stem(of: name)) }
            if SnowplowColumns.cells.contains(lower) { return .cell(stem: "") }
            return SnowplowColumns.atomic.contains(lower) || lower == "load_tstamp" ? .none : .text
        case .adobeFeed:
            return ["post_evar", "post_prop", "post_mvvar", "post_hier"].contains { lower.hasPrefix($0) } ? .text : .none
        case .ga4Table:
            return ["param_", "ecommerce_", "event_dimensions_", "item_", "value_in"].contains { lower.hasPrefix($0) } ? .text : .none
        case .segmentTable:
            let isOfCall = ["context_", "uuid", "_", "loaded_at", "received_at", "sent_at", "original_timestamp"].contains {
                lower.hasPrefix($0)
            }
            return isOfCall || lower == "event" ? .none : .text
        case .amplitudeTable: return lower == "event_properties" || lower == "user_properties" ? .cell(stem: "") : .none
        case .ga4, .rudderstack, .segment, .amplitude, .mixpanel, .xdm, .otto: return .none
        }
    }

    /// The name of the field for a path within a cell: `[com.example/card].kind` is `card.kind`.
    func fieldName(_ path: String, stem: String) -> String {
        if path.hasPrefix("["), let end = path.firstIndex(of: "]"), let slash = path[..<end].lastIndex(of: "/") {
            return String(path[path.index(after: slash)..<end] + path[path.index(after: end)...])
        }
        let member = path.hasPrefix("0.") ? String(path.dropFirst(2)) : path
        return stem.isEmpty ? member : "\(stem).\(member)"
    }

    /// Whether a column within a cell is told by a field of the mapping already, or of no use.
    func isSuperfluous(_ column: String) -> Bool {
        switch self {
        case .snowplow, .snowplowTable:
            SnowplowColumns.superfluous.contains { schema in
                column.contains("[\(schema)]") || column.lowercased().contains("_\(SnowplowColumns.snake(schema))_")
            }
                || (SnowplowColumns.writtenByPeople.contains { column.lowercased().contains($0) }
                    && [".value", ".elements"].contains { column.hasSuffix($0) })
        case .ga4, .rudderstack, .segment, .amplitude, .mixpanel, .xdm, .otto, .adobeFeed, .ga4Table, .segmentTable, .amplitudeTable: false
        }
    }
}
