import EventStream
import Glibc
import Testing

/// Example files of the vendors; skipped where they are not at hand (`TESSERA_DATA`, or `../shared/data`).
@Suite struct VendorRealDataTests {
    static var root: String { ImportRealDataTests.root + "/formats/" }
    static let files: [(String, VendorFormat, atLeast: Int)] = [
        ("ga4/nested_event_params_mock.jsonl", .ga4, 3), ("segment/spec_examples.jsonl.gz", .segment, 2),
        ("rudderstack/spec_examples.jsonl.gz", .rudderstack, 8), ("adobe_xdm/experience_event_examples.jsonl.gz", .xdm, 7),
        ("otto/sessions.jsonl.gz", .otto, 300),
        ("snowplow_enriched_tsv/custom_contexts.tsv.gz", .snowplow, 40), ("snowplow_enriched_tsv/custom_unstruct.tsv.gz", .snowplow, 40),
        ("snowplow_enriched_tsv/page_and_custom.tsv.gz", .snowplow, 26),
        ("snowplow_web_csv/snowplow_web_events.csv.gz", .snowplowTable, 80),
        ("snowplow_ecommerce_csv/snowplow_ecommerce_events.csv.gz", .snowplowTable, 270),
        ("snowplow_redshift_csv/sp_event.csv", .snowplowTable, 6), ("adobe_data_feed/hit_data.tsv.gz", .adobeFeed, 4),
        ("adobe_data_feed/hit_data_with_header.tsv.gz", .adobeFeed, 4), ("ga4/fivetran_flat_event_data.csv", .ga4Table, 3),
        ("ga4/ga4_item_events_sample.csv.gz", .ga4Table, 7_000), ("segment/example_segment_pages.csv", .segmentTable, 1),
        ("amplitude/amplitude_event_data.csv", .amplitudeTable, 10),
    ]

    @Test(
        .enabled(if: access(root, R_OK) == 0, "no formats under TESSERA_DATA or ../shared/data"),
        arguments: files.filter { access(root + $0.0, R_OK) == 0 })
    func everyFileIsRecognisedAndRead(_ file: (String, VendorFormat, atLeast: Int)) throws {
        let imported = try VendorImport(path: Self.root + file.0)
        #expect(imported.guess.vendor == file.1)
        #expect(imported.summary.counts.events >= file.atLeast, "\(imported.rejects.countsByReason)")
    }
}
