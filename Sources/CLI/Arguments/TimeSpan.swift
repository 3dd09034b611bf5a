internal import ArgumentParser

/// A span of time as people write it: `30m`, `1h`, `90s`, `1h30m`, `2d`.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        var total = 0.0
        var digits = ""
        for character in argument {
            if character.isASCII, character.isNumber || character == "." {
                digits.append(character)
                continue
            }
            let unit: Double
            switch character {
            case "s": unit = 1
            case "m": unit = 60
            case "h": unit = 3600
            case "d": unit = 86400
            default: return nil
            }
            guard let amount = Double(digits) else { return nil }
            total += amount * unit
            digits = ""
        }
        guard digits.isEmpty, total > 0, total < 1e9 else { return nil }
        seconds = total
    }

    var defaultValueDescription: String {
        let whole = Int(seconds)
        if whole.isMultiple(of: 3600) { return "\(whole / 3600)h" }
        return whole.isMultiple(of: 60) ? "\(whole / 60)m" : "\(whole)s"
    }
}
