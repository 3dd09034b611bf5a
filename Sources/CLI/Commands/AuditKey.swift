internal import ArgumentParser
internal import Audit

struct AuditKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make a key file, or show the public half of one.",
        discussion: """
            Writes 32 random bytes as hexadecimal digits into a file that only its owner may read, and prints the public half, by which \
            everybody can verify what the file's owner signed. A file that is there is never overwritten. One file signs the ledger, \
            another wraps the subjects' keys of its vault; of the latter the public half is of no use. Who has neither file nor backup \
            of it can sign no more, and open no sealed input.

            Example: tessera audit key ledger.key
            """)

    @Argument(help: ArgumentHelp("Key file.", valueName: "file"), completion: .file()) var file: String
    @Flag(help: "Make nothing; show the public half of a file that is there.") var show = false
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        if !show { try KeyFile.create(at: file) }
        guard let key = try SigningKey.load(fromFile: file)?.publicKey else { return }
        struct Summary: Encodable { let file, `public`: String }
        if json { return try StandardOutput.print(json: Summary(file: file, public: key.hex)) }
        try StandardOutput.print("\(file): public half \(key.hex)")
    }
}
