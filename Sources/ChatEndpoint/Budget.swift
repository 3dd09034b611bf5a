internal import IntentTaxonomy
internal import Synchronization

/// Hard limits of a run. Before a request is sent, the most it can cost is set aside; where that would pass a limit it is not sent.
public final class Budget: Sendable {
    /// What a run may use; nil for no limit.
    public struct Limits: Sendable, Equatable {
        /// Requests sent, failed ones too.
        public var requests: Int?
        /// Tokens sent and received.
        public var tokens: Int?
        /// Money, in the currency of ``Prices``.
        public var cost: Double?

        /// Limits.
        public init(requests: Int? = nil, tokens: Int? = nil, cost: Double? = nil) {
            (self.requests, self.tokens, self.cost) = (requests, tokens, cost)
        }
    }

    /// What a million tokens cost.
    public struct Prices: Sendable, Equatable {
        /// Sent.
        public var input: Double
        /// Received.
        public var output: Double

        /// Prices; 0 where there is nothing to pay.
        public init(input: Double = 0, output: Double = 0) { (self.input, self.output) = (input, output) }

        /// What so many tokens cost.
        public func cost(input inputTokens: Int, output outputTokens: Int) -> Double {
            (Double(inputTokens) * input + Double(outputTokens) * output) / 1e6
        }
    }

    /// What a run has used.
    public struct Spent: Sendable, Equatable {
        /// Requests sent.
        public var requests = 0
        /// Tokens sent.
        public var inputTokens = 0
        /// Tokens received.
        public var outputTokens = 0

        /// Nothing yet.
        public init() {}
    }

    /// The limits.
    public let limits: Limits
    /// The prices.
    public let prices: Prices
    /// Spent and, within it, set aside for requests on their way.
    private let account = Mutex(Spent())

    /// An account at zero.
    public init(_ limits: Limits, _ prices: Prices) { (self.limits, self.prices) = (limits, prices) }

    /// What has been used so far, requests on their way at their most.
    public var spent: Spent { account.withLock { $0 } }

    /// What has been used so far, in money.
    public var cost: Double { spent.cost(prices) }

    /// Sets aside the most that a request can use.
    func reserve(input: Int, output: Int) throws(ChatError) {
        let refusal: ChatError? = account.withLock { account in
            var next = account
            next.requests += 1
            next.inputTokens += input
            next.outputTokens += output
            let tokens = next.inputTokens + next.outputTokens
            if let most = limits.requests, next.requests > most {
                return .budgetSpent(limit: "\(most) requests", spent: "\(account.requests)")
            }
            if let most = limits.tokens, tokens > most {
                return .budgetSpent(limit: "\(most) tokens", spent: "\(account.inputTokens + account.outputTokens)")
            }
            if let most = limits.cost, next.cost(prices) > most {
                return .budgetSpent(limit: "\(most) in money", spent: "\(account.cost(prices))")
            }
            account = next
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Replaces what was set aside by what was used.
    func settle(reservedInput: Int, reservedOutput: Int, input: Int, output: Int) {
        account.withLock {
            $0.inputTokens += input - reservedInput
            $0.outputTokens += output - reservedOutput
        }
    }
}

extension Budget.Spent {
    fileprivate func cost(_ prices: Budget.Prices) -> Double { prices.cost(input: inputTokens, output: outputTokens) }
}
