internal import ArgumentParser

struct Version: ParsableCommand {
    /// The version of the package.
    static let text = "0.1.0"

    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        struct Summary: Encodable { let version: String }
        if json { try StandardOutput.print(json: Summary(version: Self.text)) } else { try StandardOutput.print("tessera \(Self.text)") }
    }
}
