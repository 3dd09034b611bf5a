internal import Glibc

/// How one intent's logit becomes its probability.
public enum IntentCalibration: Sendable, Equatable {
    /// σ(x).
    case none
    /// σ(a x + b): temperature 1/a with a bias b (Platt, 1999).
    case temperature(scale: Double, bias: Double)
    /// A rising function through these points, flat outside them (Zadrozny and Elkan, 2002). Logits rise strictly.
    case isotonic(logits: [Double], probabilities: [Double])

    /// The probability of a logit, in 0...1; a logit that is not a number has none.
    public func probability(_ logit: Double) -> Double {
        switch self {
        case .none: Self.sigmoid(logit)
        case .temperature(let scale, let bias): Self.sigmoid(scale * logit + bias)
        case .isotonic(let logits, let probabilities): Self.between(logits, probabilities, logit)
        }
    }

    static func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }

    private static func between(_ logits: [Double], _ values: [Double], _ logit: Double) -> Double {
        guard let first = logits.first, let last = logits.last, !logit.isNaN else { return .nan }
        if logit <= first { return values[0] }
        if logit >= last { return values[values.count - 1] }
        var (low, high) = (0, logits.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if logits[middle] <= logit { low = middle } else { high = middle }
        }
        let share = (logit - logits[low]) / (logits[high] - logits[low])
        return values[low] + share * (values[high] - values[low])
    }

    /// Fits a kind of calibration to logits of sessions that were not learnt from.
    /// - Parameters:
    ///   - logits: `[S]`.
    ///   - present: whether the intent is, `[S]`.
    /// With fewer than five sessions on either side nothing is changed.
    public static func fit(_ choice: CalibrationChoice, logits: [Double], present: [Bool]) -> IntentCalibration {
        precondition(logits.count == present.count, "IntentCalibration.fit: \(logits.count) logits for \(present.count) sessions")
        let positives = present.count { $0 }
        guard min(positives, present.count - positives) >= 5 else { return .none }
        switch choice {
        case .none: return .none
        case .temperature: return temperature(logits, present)
        case .isotonic: return isotonic(logits, present)
        case .best:
            let choices: [CalibrationChoice] = [.temperature, .isotonic, .none]
            let losses = choices.map { heldOutLoss($0, logits, present) }
            let best = choices.indices.min { losses[$0] < losses[$1] }!
            return fit(choices[best], logits: logits, present: present)
        }
    }

    /// Newton's method on the log loss, with Platt's targets (n₊+1)/(n₊+2) and 1/(n₋+2), which keep a separable intent finite.
    private static func temperature(_ logits: [Double], _ present: [Bool]) -> IntentCalibration {
        let positives = Double(present.count { $0 })
        let high = (positives + 1) / (positives + 2), low = 1 / (Double(present.count) - positives + 2)
        var (scale, bias) = (1.0, 0.0)
        func loss(_ scale: Double, _ bias: Double) -> Double {
            zip(logits, present).reduce(0) { sum, pair in
                let x = scale * pair.0 + bias, target = pair.1 ? high : low
                return sum + max(x, 0) - x * target + log1p(exp(-abs(x)))
            }
        }
        var current = loss(scale, bias)
        for _ in 0..<50 {
            var (g0, g1, h00, h01, h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
            for (logit, isPresent) in zip(logits, present) {
                let p = sigmoid(scale * logit + bias)
                let residual = p - (isPresent ? high : low), weight = p * (1 - p)
                g0 += residual * logit
                g1 += residual
                h00 += weight * logit * logit
                h01 += weight * logit
                h11 += weight
            }
            let determinant = h00 * h11 - h01 * h01
            guard determinant > 1e-12, abs(g0) + abs(g1) > 1e-9 else { break }
            let stepScale = (h11 * g0 - h01 * g1) / determinant, stepBias = (h00 * g1 - h01 * g0) / determinant
            var share = 1.0
            while share > 1e-6, loss(scale - share * stepScale, bias - share * stepBias) > current { share /= 2 }
            guard share > 1e-6 else { break }
            (scale, bias) = (scale - share * stepScale, bias - share * stepBias)
            current = loss(scale, bias)
        }
        // A calibration never turns the order of sessions round.
        return scale > 0 ? .temperature(scale: scale, bias: bias) : .none
    }

    /// Pool adjacent violators; each pool stands at its mean logit, and shares are kept away from 0 and 1 by half a session.
    private static func isotonic(_ logits: [Double], _ present: [Bool]) -> IntentCalibration {
        let order = logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] < logits[$1] : $0 < $1 }
        var pools: [(logits: Double, positives: Double, count: Double)] = []
        var before = -Double.infinity
        for index in order {
            let positives = present[index] ? 1.0 : 0
            defer { before = logits[index] }
            // Equal logits are one point.
            if let last = pools.last, logits[index] == before {
                pools[pools.count - 1] = (last.logits + logits[index], last.positives + positives, last.count + 1)
            } else {
                pools.append((logits[index], positives, 1))
            }
            while pools.count > 1 {
                let (a, b) = (pools[pools.count - 2], pools[pools.count - 1])
                guard a.positives * b.count >= b.positives * a.count else { break }
                pools.removeLast(2)
                pools.append((a.logits + b.logits, a.positives + b.positives, a.count + b.count))
            }
        }
        let floor = 0.5 / Double(present.count + 1)
        let points = pools.map { (x: $0.logits / $0.count, y: min(max($0.positives / $0.count, floor), 1 - floor)) }
        return .isotonic(logits: points.map(\.x), probabilities: points.map(\.y))
    }

    private static func heldOutLoss(_ choice: CalibrationChoice, _ logits: [Double], _ present: [Bool]) -> Double {
        let parts = 5
        var loss = 0.0
        // Every fifth session in the order of the logits: each part spans the whole range.
        let order = logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] < logits[$1] : $0 < $1 }
        for part in 0..<parts {
            let kept = order.enumerated().filter { $0.offset % parts != part }.map(\.element)
            let fitted = fit(choice, logits: kept.map { logits[$0] }, present: kept.map { present[$0] })
            for (place, index) in order.enumerated() where place % parts == part {
                let p = min(max(fitted.probability(logits[index]), 1e-12), 1 - 1e-12)
                loss -= present[index] ? log(p) : log(1 - p)
            }
        }
        return loss
    }

    /// What it is called in reports.
    public var name: String {
        switch self {
        case .none: "none"
        case .temperature: "temperature"
        case .isotonic: "isotonic"
        }
    }
}

extension IntentCalibration: Codable {
    private enum CodingKeys: String, CodingKey { case kind, scale, bias, logits, probabilities }

    /// Reads a calibration; what cannot be one is refused.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        switch try values.decode(String.self, forKey: .kind) {
        case "none": self = .none
        case "temperature":
            self = .temperature(scale: try values.decode(Double.self, forKey: .scale), bias: try values.decode(Double.self, forKey: .bias))
        case "isotonic":
            let logits = try values.decode([Double].self, forKey: .logits)
            let probabilities = try values.decode([Double].self, forKey: .probabilities)
            guard !logits.isEmpty, logits.count == probabilities.count, zip(logits, logits.dropFirst()).allSatisfy({ $0 < $1 }),
                zip(probabilities, probabilities.dropFirst()).allSatisfy({ $0 <= $1 }), probabilities.allSatisfy({ (0...1).contains($0) })
            else {
                throw DecodingError.dataCorruptedError(forKey: .logits, in: values, debugDescription: "points that do not rise")
            }
            self = .isotonic(logits: logits, probabilities: probabilities)
        default: throw DecodingError.dataCorruptedError(forKey: .kind, in: values, debugDescription: "an unknown kind of calibration")
        }
    }

    /// Writes kind and numbers.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .kind)
        switch self {
        case .none: break
        case .temperature(let scale, let bias):
            try values.encode(scale, forKey: .scale)
            try values.encode(bias, forKey: .bias)
        case .isotonic(let logits, let probabilities):
            try values.encode(logits, forKey: .logits)
            try values.encode(probabilities, forKey: .probabilities)
        }
    }
}
