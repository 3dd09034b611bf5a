import InferenceService
import Testing

@Suite struct RateLimiterTests {
    private let time = TestClock()
    private let someone = Principal(name: "someone", scopes: .all)

    @Test func aFullBucketThenTheSteadyRate() throws {
        let limiter = RateLimiter(rate: RequestRate(2, per: .second, burst: 5), clock: time.clock)
        for _ in 0..<5 { #expect(limiter.admit(someone) == .admitted) }
        #expect(limiter.admit(someone) == .refused(retryAfterSeconds: 1))
        time.pass(seconds: 0.499)
        #expect(limiter.admit(someone) == .refused(retryAfterSeconds: 1))
        time.pass(seconds: 0.001)
        #expect(limiter.admit(someone) == .admitted)
        #expect(limiter.admit(someone) == .refused(retryAfterSeconds: 1))
        time.pass(seconds: 3600)
        for _ in 0..<5 { #expect(limiter.admit(someone) == .admitted) }
        #expect(limiter.admit(someone) != .admitted, "a pause fills no more than the bucket")
    }

    /// The bucket counted out in tokens, in steps of its own.
    @Test func agreesWithCountedTokens() throws {
        let limiter = RateLimiter(rate: RequestRate(4, per: .second, burst: 7), clock: time.clock)
        var tokens = 7.0
        var seed: UInt64 = 3
        for step in 0..<2000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let cost = Int(seed >> 40) % 3 + 1
            let quarters = Int(seed >> 50) % 4
            time.pass(seconds: Double(quarters) * 0.0625)
            tokens = min(7, tokens + Double(quarters) * 0.25)
            let isIn = tokens >= Double(cost)
            #expect((limiter.admit(someone, cost: cost) == .admitted) == isIn, "step \(step), \(tokens) tokens")
            if isIn { tokens -= Double(cost) }
        }
    }

    @Test func retryAfterIsWhenItIsWorthwhile() throws {
        let limiter = RateLimiter(rate: RequestRate(6, per: .minute, burst: 1), clock: time.clock)
        #expect(limiter.admit(someone) == .admitted)
        guard case .refused(let seconds) = limiter.admit(someone) else { return #expect(Bool(false), "admitted") }
        #expect(seconds == 10)
        time.pass(seconds: Double(seconds))
        #expect(limiter.admit(someone) == .admitted)
        #expect(limiter.admit(someone, cost: 1000) == .refused(retryAfterSeconds: 10), "a cost above the bucket is a full bucket")
        time.pass(seconds: 10)
        #expect(limiter.admit(someone, cost: 1000) == .admitted)
    }

    @Test func whoOwesWaitsUntilItIsPaid() {
        let limiter = RateLimiter(rate: RequestRate(2, per: .second, burst: 4), clock: time.clock)
        #expect(limiter.admit(someone) == .admitted)
        #expect(limiter.charge(someone, tokens: 0) == 0 && limiter.charge(someone, tokens: 3) == 0)
        #expect(limiter.charge(someone, tokens: 6) == 3_000_000_000, "six tokens at two a second")
        #expect(limiter.admit(someone) == .refused(retryAfterSeconds: 4))
        time.pass(seconds: 3)
        #expect(limiter.admit(someone) == .refused(retryAfterSeconds: 1))
        time.pass(seconds: 0.5)
        #expect(limiter.admit(someone) == .admitted)
        let slow = RateLimiter(rate: RequestRate(1, per: .hour), clock: time.clock)
        for _ in 0..<3 { #expect(slow.charge(someone, tokens: .max) > 0) }
        guard case .refused(let seconds) = slow.admit(someone) else { return #expect(Bool(false), "admitted") }
        #expect(seconds > 31_000_000, "at most a year, whatever is owed")
        #expect(RateLimiter(rate: nil, clock: time.clock).charge(someone, tokens: 1_000_000) == 0)
    }

    @Test func fewPrincipalsDoNotForgetEachOther() {
        let limiter = RateLimiter(rate: RequestRate(1, per: .hour), principals: 20, clock: time.clock)
        for number in 0..<20 { #expect(limiter.admit(Principal(name: "n\(number)", scopes: .all)) == .admitted) }
        for number in 0..<20 { #expect(limiter.admit(Principal(name: "n\(number)", scopes: .all)) != .admitted) }
    }

    @Test func everybodyHasTheirOwnBucketAndRate() {
        let limiter = RateLimiter(rate: RequestRate(1, per: .hour), clock: time.clock)
        let fast = Principal(name: "fast", scopes: .all, rate: RequestRate(3, per: .second))
        #expect(limiter.admit(someone) == .admitted && limiter.admit(someone) != .admitted)
        for _ in 0..<3 { #expect(limiter.admit(fast) == .admitted) }
        #expect(limiter.admit(fast) != .admitted)
        let unlimited = RateLimiter(rate: nil, clock: time.clock)
        for _ in 0..<100 { #expect(unlimited.admit(someone) == .admitted) }
        #expect(unlimited.remembered == 0)
    }

    @Test func whoWasSilentLongestIsForgotten() {
        let limiter = RateLimiter(rate: RequestRate(1, per: .hour), principals: 3, shards: 1, clock: time.clock)
        func ask(_ name: String) -> Bool { limiter.admit(Principal(name: name, scopes: .all)) == .admitted }
        #expect(ask("a") && ask("b") && ask("c"))
        #expect(!ask("a"), "used: b is now the one silent longest")
        #expect(ask("d") && limiter.remembered == 3)
        #expect(!ask("a") && !ask("c") && !ask("d"))
        #expect(ask("b"))
        for number in 0..<1000 { _ = ask("n\(number)") }
        #expect(limiter.remembered == 3)
    }

    @Test func threadsGetNoMoreThanTheBucket() async {
        let limiter = RateLimiter(rate: RequestRate(100, per: .hour), clock: time.clock)
        let someone = someone
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { (0..<100).count { _ in limiter.admit(someone) == .admitted } } }
            return await group.reduce(0, +)
        }
        #expect(admitted == 100)
    }
}
