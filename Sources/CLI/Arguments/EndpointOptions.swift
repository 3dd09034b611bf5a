internal import ArgumentParser
internal import ChatEndpoint
internal import DurableFiles
internal import Glibc
internal import IntentTaxonomy

/// Who answers questions: an endpoint, or files that a person or any other model fills; and what it may cost.
struct EndpointOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Base address of an OpenAI-compatible endpoint; without it the variable TESSERA_ENDPOINT is used.", valueName: "url"))
    var endpoint: String?
    @Option(
        help: ArgumentHelp(
            "The model's name at the endpoint (or of who fills the files); without it TESSERA_ENDPOINT_MODEL is used.", valueName: "name"))
    var modelName: String?
    @Option(help: ArgumentHelp("Environment variable that holds the endpoint's key, if it wants one.", valueName: "var"))
    var keyVariable = "TESSERA_ENDPOINT_KEY"
    @Option(help: ArgumentHelp("File that holds the endpoint's key, instead of a variable.", valueName: "file"), completion: .file())
    var keyFile: String?
    @Option(
        help: ArgumentHelp(
            "Write the questions into this folder and read answers from it, instead of asking an endpoint.", valueName: "dir"),
        completion: .directory)
    var files: String?
    @Option(help: ArgumentHelp("Where answers are kept (default: beside the output).", valueName: "dir"), completion: .directory)
    var cache: String?
    @Option(help: ArgumentHelp("Most requests to send, repeated ones too.", valueName: "n")) var maxRequests = 2000
    @Option(help: ArgumentHelp("Most tokens to send and receive.", valueName: "n")) var maxTokens = 5_000_000
    @Option(help: ArgumentHelp("Most money to spend; needs the prices.", valueName: "amount")) var maxCost: Double?
    @Option(help: ArgumentHelp("Price of a million tokens sent.", valueName: "amount")) var priceIn: Double?
    @Option(help: ArgumentHelp("Price of a million tokens received.", valueName: "amount")) var priceOut: Double?
    @Option(help: ArgumentHelp("Longest wait for one answer.", valueName: "span")) var timeout = TimeSpan(seconds: 120)
    @Option(help: ArgumentHelp("Answers to one question that are looked at before it is given up.", valueName: "n")) var attempts = 3
    @Flag(help: "Put the JSON schema into the words: for endpoints that do not know response_format.") var noSchema = false
    @Flag(help: "Print requests, tokens and money at most, and ask nothing.") var dryRun = false

    func validate() throws {
        if files != nil, endpoint != nil { throw ValidationError("--files and --endpoint exclude each other") }
        if maxRequests < 0 || maxTokens < 0 { throw ValidationError("--max-requests and --max-tokens must not be below 0") }
        for amount in [maxCost, priceIn, priceOut] where !(amount.map { $0.isFinite && $0 >= 0 } ?? true) {
            throw ValidationError("money must not be below 0")
        }
        if maxCost != nil, priceIn == nil || priceOut == nil { throw ValidationError("--max-cost needs --price-in and --price-out") }
        if !(1...20).contains(attempts) { throw ValidationError("--attempts must lie between 1 and 20") }
    }

    var prices: Budget.Prices { Budget.Prices(input: priceIn ?? 0, output: priceOut ?? 0) }

    /// Folders that are written beside the output.
    func folders(for out: String) -> [String] { files.map { [$0] } ?? [cache ?? Self.cache(for: out)] }

    private static func cache(for out: String) -> String { (out.hasSuffix("/") ? String(out.dropLast()) : out) + ".answers" }

    /// Who answers, and the account of what it used; there is none for files.
    func open(for out: String) throws -> (model: any ChatModel, budget: Budget?) {
        let name = modelName ?? Self.variable("TESSERA_ENDPOINT_MODEL")
        if let files { return (try BatchFiles(folder: files, name: name ?? "files"), nil) }
        guard let base = endpoint ?? Self.variable("TESSERA_ENDPOINT") else {
            throw CommandFault(
                code: EX_USAGE, place: "--endpoint", reason: "nobody is named who answers",
                remedy: "name an endpoint, or a folder for questions and answers with --files; --dry-run asks nothing")
        }
        guard let name else {
            throw CommandFault(code: EX_USAGE, place: "--model-name", reason: "no model is named", remedy: "name the endpoint's model")
        }
        var settings = try EndpointSettings(base: base, model: name, key: try key())
        settings.timeoutSeconds = timeout.seconds
        settings.sendsSchema = !noSchema
        let budget = Budget(.init(requests: maxRequests, tokens: maxTokens, cost: maxCost), prices)
        let cache = try AnswerCache(folder: cache ?? Self.cache(for: out))
        return (EndpointModel(settings, budget: budget, cache: cache, isCancelled: { Interruption.isRequested }), budget)
    }

    private func key() throws -> EndpointKey? {
        if let keyFile {
            return try EndpointKey(
                String(decoding: try FileSystem.live.contents(of: keyFile, limit: 1 << 16), as: UTF8.self), from: keyFile)
        }
        return try Self.variable(keyVariable).map { try EndpointKey($0, from: keyVariable) }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What a run costs at most, in words.
    func text(_ estimate: RunEstimate) -> String {
        let money =
            priceIn == nil && priceOut == nil
            ? "; give --price-in and --price-out to see it in money"
            : ", \(Reading.decimal(prices.cost(input: estimate.inputTokens, output: estimate.outputTokens), 2)) in money"
        return "at most \(Reading.count(estimate.requests)) requests, \(Reading.count(estimate.inputTokens)) tokens sent, "
            + "\(Reading.count(estimate.outputTokens)) tokens received\(money) (malformed answers are asked for again on top)"
    }

    /// What a run has used, in words.
    func text(_ budget: Budget) -> String {
        let spent = budget.spent
        let money = priceIn == nil && priceOut == nil ? "" : ", \(Reading.decimal(budget.cost, 2)) in money"
        return "\(Reading.count(spent.requests)) requests, \(Reading.count(spent.inputTokens)) tokens sent, "
            + "\(Reading.count(spent.outputTokens)) received\(money)"
    }
}

/// What a dry run prints as JSON.
struct EstimateSummary: Encodable {
    let requests: Int
    let inputTokens: Int
    let outputTokens: Int
    let cost: Double

    init(_ estimate: RunEstimate, _ prices: Budget.Prices) {
        (requests, inputTokens, outputTokens) = (estimate.requests, estimate.inputTokens, estimate.outputTokens)
        cost = prices.cost(input: inputTokens, output: outputTokens)
    }
}
