/// Takes: any bytes.   Gives: nothing; what a reader does with them is checked, and a broken promise traps.
///
/// One entry function for each reader of foreign bytes. `tools/fuzz/run` links them with libFuzzer and AddressSanitizer; the tests
/// replay the kept inputs through the same functions without either.
public struct FuzzTarget: Sendable {
    /// Its name on the command line and of its folders.
    public let name: String
    /// Reads the bytes in every way that must agree.
    public let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// Every target.
    public static let all: [FuzzTarget] = [
        FuzzTarget(name: "delimited", run: Exports.delimited),
        FuzzTarget(name: "delimited-round-trip", run: Exports.roundTrip),
        FuzzTarget(name: "json-lines", run: Exports.jsonLines),
        FuzzTarget(name: "vendors", run: Exports.vendors),
        FuzzTarget(name: "columnar", run: Columnar.read),
        FuzzTarget(name: "items", run: Exports.items),
        FuzzTarget(name: "packed", run: Exports.packed),
        FuzzTarget(name: "import", run: Imports.shared),
        FuzzTarget(name: "feed", run: Feeds.read),
        FuzzTarget(name: "guess", run: Exports.guess),
        FuzzTarget(name: "tables", run: Tables.read),
        FuzzTarget(name: "credit-tables", run: CreditTables.read),
        FuzzTarget(name: "values", run: Values.read),
        FuzzTarget(name: "mapping", run: Settings.mapping),
        FuzzTarget(name: "configuration", run: Settings.configuration),
        FuzzTarget(name: "bank", run: Settings.bank),
        FuzzTarget(name: "safetensors", run: Tensors.read),
        FuzzTarget(name: "corpus", run: Folders.corpus),
        FuzzTarget(name: "model", run: Folders.model),
        FuzzTarget(name: "request-json", run: Requests.json),
        FuzzTarget(name: "request-score", run: Requests.score),
        FuzzTarget(name: "request-embeddings", run: Requests.embeddings),
        FuzzTarget(name: "request-infer", run: Requests.infer),
        FuzzTarget(name: "request-rank", run: Requests.rank),
        FuzzTarget(name: "request-credit", run: Requests.credit),
        FuzzTarget(name: "request-route", run: Requests.route),
    ]

    /// The target called so.
    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// Traps where a promise is broken. Unlike `precondition` it says what, in release too.
@inline(never)
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError("broken promise: \(what())") }
}
