/// What a visitor wants and does not say. The simulator knows it; the export does not.
public struct HiddenNeed: Sendable, Equatable {
    /// Stable id, as in `truth/sessions.csv` and in the shipped taxonomy of intents.
    public let id: String
    /// A few words for people.
    public let name: String
    /// What counts as this need.
    public let definition: String
    /// Needs of one family follow one another in one visitor's life.
    public let family: String
    /// Relative frequency.
    let weight: Float
    /// When people have it.
    let rhythm: Rhythm
    /// The section its campaigns and its section's queries come from.
    let section: Section
    /// Kinds of pages where such visitors hurry or linger.
    let pace: [Role: Pace]
    /// Queries peculiar to it.
    let queries: [String]
    /// What such visitors do, in order.
    let plan: [PlanStep]

    init(
        _ id: String, _ name: String, _ definition: String, family: String, _ section: Section, weight: Float, _ rhythm: Rhythm = .evening,
        pace: [Role: Pace] = [:], queries: [String], _ plan: PlanStep...
    ) {
        precondition((2...NeedTables.planStates).contains(plan.count), "HiddenNeed \(id): a plan has 2 to \(NeedTables.planStates) steps")
        (self.id, self.name, self.definition, self.family, self.section) = (id, name, definition, family, section)
        (self.weight, self.rhythm, self.pace, self.queries, self.plan) = (weight, rhythm, pace, queries, plan)
    }

    /// Needs are the same when their ids are.
    public static func == (a: HiddenNeed, b: HiddenNeed) -> Bool { a.id == b.id }
}

/// One step of a plan: a bag of page groups visited for a while in a certain way, then the next step.
///
/// From a step a visitor stays, goes back one step, leaves the site, or goes on (the rest). After the last step the plan starts again.
struct PlanStep {
    /// Page groups with weights: "product 3, compare 2, security.hub 1". A bare role means the need's own section.
    var pages: String
    var movement: Movement
    var stay: Float
    var back: Float
    var leave: Float

    init(_ pages: String, _ movement: Movement = .known, stay: Float = 0.35, back: Float = 0.08, leave: Float = 0.05) {
        (self.pages, self.movement, self.stay, self.back, self.leave) = (pages, movement, stay, back, leave)
    }
}

/// How visitors walk among pages of the same kind (the products of a section): the same pages, in another order.
enum Movement: Int, CaseIterable {
    /// By how well known they are.
    case known
    /// Between two: back to the one before the last.
    case pingPong
    /// Down the list, one after the other.
    case scan
    /// The same one again and again.
    case focus
}

/// How long visitors stay on a kind of page, against what is usual there. The raw value is an index.
enum Pace: Int, CaseIterable {
    case glance, brisk, usual, long, hesitant, idle

    /// Added to the mean of the logarithm of dwell.
    var logShift: Double {
        switch self {
        case .glance: -0.9
        case .brisk: -0.45
        case .usual: 0
        case .long: 0.5
        case .hesitant: 0.95
        case .idle: -0.25
        }
    }

    /// Added to the expected scrolled share.
    var scrollShift: Double { self == .idle ? -0.1 : 0.2 * logShift }
}

/// Hours and weekdays at which a need makes people open the site.
enum Rhythm: Int, CaseIterable {
    case office, evening, anyTime

    /// Weights of the 24 hours (UTC).
    var hours: [Float] {
        switch self {
        case .office: [1, 1, 1, 1, 1, 2, 4, 10, 20, 26, 28, 26, 22, 24, 26, 24, 20, 14, 9, 7, 6, 5, 3, 2]
        case .evening: [3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 14, 12, 11, 11, 12, 15, 20, 25, 28, 25, 17, 8]
        case .anyTime: [7, 6, 5, 5, 5, 5, 7, 9, 11, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 9]
        }
    }

    /// Weights of the weekdays from Monday.
    var weekdays: [Float] {
        switch self {
        case .office: [22, 21, 20, 19, 15, 5, 4]
        case .evening: [15, 14, 14, 13, 12, 15, 17]
        case .anyTime: [14, 14, 14, 14, 15, 15, 14]
        }
    }
}
