public import CreditRisk
public import IntentTaxonomy
internal import Recommendation

/// What models of the app and of applicants use.
extension ModelUse {
    /// What a ranker or predictor reads, or would.
    /// - Parameter place: its folder; nil for one that is about to be trained.
    public static func app(_ inputs: AppInputs, kind: Kind, id: String = "", place: String?) throws(PurposeError) -> ModelUse {
        let reader = "the \(kind.rawValue)" + (place.map { " in \($0)" } ?? "")
        func fields(_ names: [String], _ table: String, _ remedy: String) -> [Field] {
            names.map { Field($0, table: table, reader: reader, remedy: place == nil ? remedy : "train one without it: \(remedy)") }
        }
        return ModelUse(
            fields: fields(
                inputs.pages?.fields.map(\.name) ?? [], "events",
                "leave the counts of pages out with --no-pages, or leave the field out of the mapping and import again")
                + fields(inputs.customers.columns.map(\.name), "customers", "remove the column from the table of customers")
                + fields(inputs.catalogue?.columns.map(\.name) ?? [], "tiles", "remove the column from the catalogue of tiles"),
            models: [Model(kind, id: id, place: place ?? "this \(kind.rawValue)", record: try place.flatMap(Self.record))])
    }

    /// What a scorecard reads, or would.
    /// - Parameter place: its folder; nil for one that is about to be trained.
    public static func scorecard(
        _ configuration: CreditConfiguration, id: String = "", place: String?
    ) throws(PurposeError) -> ModelUse {
        let reader = "the scorecard" + (place.map { " in \($0)" } ?? "")
        func fields(_ names: [String], _ table: String, _ key: String) -> [Field] {
            let remedy = "remove it from `\(key)` of \(table == "applicants" ? "`applicants`" : "the table \(table)") in the configuration"
            return names.map { Field($0, table: table, reader: reader, remedy: place == nil ? remedy : "train one without it: \(remedy)") }
        }
        let applicants = configuration.applicants
        var read =
            fields(applicants.categorical, "applicants", "categorical") + fields(applicants.numeric, "applicants", "numeric")
        // Tables of the service are read by teachers, who teach what they read.
        for table in configuration.tables {
            read += fields(table.categorical, table.name, "categorical") + fields(table.numeric, table.name, "numeric")
            read += fields(table.times, table.name, "times") + fields(table.vectors.map(\.name), table.name, "vectors")
        }
        return ModelUse(
            fields: read, models: [Model(.scorecard, id: id, place: place ?? "this scorecard", record: try place.flatMap(Self.record))])
    }

    private static func record(_ place: String) throws(PurposeError) -> PurposeRecord? { try PurposeRecord.read(ofModelAt: place) }
}
