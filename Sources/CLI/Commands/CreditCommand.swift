internal import ArgumentParser

struct CreditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "Learn from raw tables who falls overdue; score applicants with points and reasons; judge and explain.",
        discussion: """
            One YAML file names the tables, the fields, the decision and the outcome, and which of three networks reads the records: \
            `framework` (any tables), `huihen` (behaviours in the app) or `mgkd` (a student taught by teachers that saw the service). \
            `tessera simulate --applicants N` writes such tables, and a file for each:

              tessera simulate --out bank --visitors 1 --applicants 5000
              tessera credit train bank/credit/framework.yaml --out credit.model
              tessera credit evaluate credit.model --data bank/credit
            """,
        subcommands: [CreditTrain.self, CreditScore.self, CreditEvaluate.self, CreditExplain.self])
}
