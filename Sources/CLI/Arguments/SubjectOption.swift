internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import Glibc

/// One person as a ledger knows it: by the pseudonym, or by the identifier and the key that the imports were given.
struct SubjectOption: ParsableArguments {
    @Option(help: ArgumentHelp("Pseudonym of the subject, hexadecimal digits.", valueName: "hex")) var subject: String?
    @Option(
        help: ArgumentHelp(
            "Identifier of the visitor or customer instead, with the --key of the imports if they had one; - reads it from standard input, where no "
                + "list of processes shows it.", valueName: "id"))
    var visitor: String?
    @OptionGroup var key: KeyOption

    /// Who is meant, and words that would tell who it is.
    struct Chosen {
        let pseudonym: [UInt8]
        let words: [String]
        /// Whether the pseudonym is a keyed digest; nil where it was named itself.
        let isKeyed: Bool?
    }

    func validate() throws {
        guard (subject == nil) != (visitor == nil) else { throw ValidationError("name either --subject or --visitor") }
        if let subject, Self.bytes(subject) == nil { throw ValidationError("--subject must be hexadecimal digits, two for a byte") }
    }

    func chosen(in ledger: Ledger) throws -> Chosen {
        if let subject, let bytes = Self.bytes(subject) { return Chosen(pseudonym: bytes, words: [], isKeyed: nil) }
        guard let identifier = visitor == "-" ? readLine() : visitor, !identifier.isEmpty else {
            throw CommandFault(
                code: EX_NOINPUT, place: "standard input", reason: "there is no identifier on the first line",
                remedy: "give one line that holds it")
        }
        let key = try key.bytes()
        if key == nil {
            StandardError.write(
                "looked for without a key: what was recorded under keyed digests is not found; give --key or TESSERA_KEY as for the import\n"
            )
        }
        let pseudonym = LedgerSubjects(ledger, key: key).digest(of: .identifier(identifier))
        return Chosen(pseudonym: pseudonym, words: [identifier], isKeyed: key != nil)
    }

    private static func bytes(_ hex: String) -> [UInt8]? { hex.isEmpty ? nil : KeyFile.bytes(ofHex: Array(hex.utf8)) }
}
