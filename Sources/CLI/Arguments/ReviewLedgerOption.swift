internal import ArgumentParser
internal import Audit

/// The ledger that a review is written to.
struct ReviewLedgerOption: ParsableArguments {
    @Option(help: ArgumentHelp("Ledger that gets what was found; it must be there.", valueName: "file"), completion: .file())
    var ledger: String?
    @Option(
        help: ArgumentHelp(
            "Key file that signs the ledger (default: the variable TESSERA_LEDGER_KEY, where it is set).", valueName: "file"),
        completion: .file())
    var ledgerKey: String?

    var files: [String] { [ledger, ledgerKey].compactMap { $0 } }

    /// The ledger for appending; nil where none is named.
    func opened() throws -> Ledger? {
        guard let ledger else { return nil }
        return try Ledger(at: ledger, .existing, signingKey: SigningKey.load(fromFile: ledgerKey))
    }
}
