internal import ArgumentParser

struct AuditRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Purpose rules: check them, and test what they ban for proxies.",
        discussion: """
            One YAML file says by purpose which fields, intents, models and sensitivities are banned, and for how many days \
            inputs are kept. \
            Trainings, `intents pack`, `label` and the scoring commands take it with --rules and --purpose (`rank score` with \
            --purpose-rules, as its --rules are those of eligibility) and refuse what it bans before any work, with 77. A model \
            remembers what it was trained for, and serves nothing else. taxonomy/rules.yaml is one.
            """,
        subcommands: [AuditRulesCheck.self, AuditRulesProxy.self])
}
