internal import ArgumentParser

struct LabelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels",
        abstract: "Read labels that people or models gave to sessions, and see how far they agree.",
        discussion: """
            Labels name the intents of a session with a confidence from 0 to 1. They are kept with the taxonomy they were given under \
            and can be traced to annotator, version and time.
            """,
        subcommands: [LabelsAnnotate.self, LabelsImport.self, LabelsAgreement.self])
}
