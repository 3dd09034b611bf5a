internal import Evaluation
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
        case .temperature: return IntentCalibration(ScoreCalibration.platt(logits, present))
        case .isotonic: return IntentCalibration(ScoreCalibration.isotonic(logits, present))
        case .best:
            let choices: [CalibrationChoice] = [.temperature, .isotonic, .none]
            let losses = choices.map { heldOutLoss($0, logits, present) }
            let best = choices.indices.min { losses[$0] < losses[$1] }!
            return fit(choices[best], logits: logits, present: present)
        }
    }

    private init(_ fitted: ScoreCalibration) {
        self =
            switch fitted {
            case .none: .none
            case .platt(let slope, let intercept): .temperature(scale: slope, bias: intercept)
            case .isotonic(let scores, let probabilities): .isotonic(logits: scores, probabilities: probabilities)
            }
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
