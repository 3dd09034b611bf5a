internal import ArgumentParser
internal import InferenceService

struct APIKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-key",
        abstract: "Make a key for callers of `tessera serve`.",
        discussion: """
            Prints the key, which is nowhere else, on standard error, and on standard output the line for the service's key file, which \
            holds its digest only. Scopes are \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).

            Example: tessera api-key marketing --scopes embed,intents,rank --rate 200/s >> keys.txt && chmod 600 keys.txt
            """)

    @Argument(help: ArgumentHelp("Who will use it, as logs and the ledger name them: a system, no person's name.", valueName: "name"))
    var name: String
    @Option(help: ArgumentHelp("What it is for, separated by commas.", valueName: "scopes")) var scopes: String
    @Option(help: ArgumentHelp("How often it may ask: 200/s, 200/s:400 with a burst, 6000/m, 100/h.", valueName: "rate")) var rate: String?
    @Flag(help: "Print key and line as JSON on standard output.") var json = false

    func validate() throws {
        guard Principal.isName(name) else { throw ValidationError("a name has 1 to 64 letters, digits, '.', '_' or '-'") }
        guard ScopeSet(text: scopes) != nil else {
            throw ValidationError(
                "scopes are \(Scope.allCases.map(\.rawValue).joined(separator: ", ")), separated by commas without blanks")
        }
        guard rate.map({ RequestRate(text: $0) != nil }) ?? true else {
            throw ValidationError("a rate is written 200/s, 200/s:400 with a burst, 6000/m or 100/h")
        }
    }

    func run() throws {
        let made = APIKeyFile.makeKey(named: name, scopes: ScopeSet(text: scopes)!, rate: rate.flatMap { RequestRate(text: $0) })
        if json { return try StandardOutput.print(json: Made(key: made.key, line: made.line)) }
        StandardError.write("key of \(name): \(made.key)\n")
        try StandardOutput.print(made.line)
    }

    private struct Made: Encodable {
        let key: String
        let line: String
    }
}
