/// Addresses and titles of the invented bank's pages.
enum SiteContent {
    /// Every group of pages: section, role, and the names of its variants ("" where there is only one page).
    static let groups: [(Section, Role, [String])] = {
        var all: [(Section, Role, [String])] = [(.home, .hub, [""]), (.login, .form, [""]), (.search, .results, [""])]
        for (section, products, guides) in offers {
            all.append((section, .hub, [""]))
            all.append((section, .product, products))
            all.append((section, .guide, guides))
            for role in productRoles { all.append((section, role, [""])) }
            all.append((section, .apply, ["start", "your details"]))
        }
        all += services
        return all
    }()

    private static let productRoles: [Role] = [.compare, .rates, .calculator, .eligibility, .documents, .faq, .terms]

    private static let offers: [(Section, [String], [String])] = [
        (.accounts, ["everyday", "premier", "joint", "youth"], ["switching in seven days", "overdrafts explained"]),
        (.savings, ["instant access", "regular saver", "notice 90", "kids saver"], ["saving for a goal"]),
        (
            .deposits, ["6 months", "12 months", "24 months", "36 months", "60 months"],
            ["what is a term deposit", "when your deposit matures"]
        ),
        (.cards, ["classic", "balance", "cashback", "travel", "gold"], ["how card interest works", "building a credit score"]),
        (
            .mortgages, ["fixed 2 years", "fixed 5 years", "tracker", "interest only", "green"],
            ["your first home", "moving your mortgage"]
        ),
        (.loans, ["flexible", "home improvement", "consolidation", "small loan"], ["borrowing sensibly"]),
        (.carLoans, ["new car", "used car", "electric car"], ["lease or loan"]),
        (.insurance, ["home", "contents", "travel", "life"], ["what home insurance covers"]),
        (
            .investments, ["index funds", "managed portfolio", "share dealing", "bond funds"],
            ["investing for beginners", "reading a fund factsheet"]
        ),
        (.pensions, ["personal pension", "drawdown", "lifetime allowance"], ["transferring a pension"]),
        (.student, ["undergraduate", "graduate", "international student"], ["money at university"]),
        (.business, ["start-up account", "business account", "card terminal", "online payments"], ["starting a business"]),
        (.travel, ["foreign cash", "travel card", "international transfer", "multi-currency account"], ["sending money abroad"]),
    ]

    private static let services: [(Section, Role, [String])] = [
        (.locator, .hub, [""]), (.locator, .article, ["branches", "cash machines", "opening hours", "book an appointment"]),
        (.support, .hub, [""]), (.support, .contact, ["call us", "chat", "write to us"]),
        (.support, .article, ["payments", "cards and pins", "statements", "app help", "change of address"]),
        (.support, .faq, [""]), (.support, .form, [""]),
        (.security, .hub, [""]), (.security, .article, ["lost and stolen cards", "scams", "phishing", "disputed payments"]),
        (.security, .form, ["block a card", "report fraud"]), (.security, .contact, [""]),
        (.complaints, .hub, [""]), (.complaints, .form, [""]), (.complaints, .article, ["how we handle complaints", "ombudsman"]),
        (.careers, .hub, [""]), (.careers, .article, ["graduates", "technology", "branches and contact centres", "life here"]),
        (.careers, .form, [""]), (.careers, .faq, [""]),
        (.legal, .hub, [""]), (.legal, .terms, ["privacy", "cookies", "fees and charges"]),
        (.about, .hub, [""]), (.about, .article, ["news", "investors", "sustainability", "history"]),
    ]

    static func url(_ section: Section, _ role: Role, _ variant: String) -> String {
        let name = variant.replacingSpaces(with: "-").lowercased()
        if section == .home { return "/" }
        let root = "/" + section.path
        return switch role {
        case .hub, .results: root
        case .form where section == .login: root
        case .product: "\(root)/\(name)"
        case .guide: "\(root)/guides/\(name)"
        default: name.isEmpty ? "\(root)/\(role.name)" : "\(root)/\(role.name)/\(name)"
        }
    }

    static func title(_ section: Section, _ role: Role, _ variant: String) -> String {
        let first = variant.prefix(1).uppercased() + variant.dropFirst()
        let place = section.title
        let text =
            switch role {
            case .hub, .results: section == .home ? "Everyday banking" : place
            case .form where section == .login: "Log in to online banking"
            case .product, .guide, .article: "\(first) - \(place)"
            case .compare: "Compare - \(place)"
            case .rates: "Rates and fees - \(place)"
            case .calculator: "Calculator - \(place)"
            case .eligibility: "Check if you qualify - \(place)"
            case .apply: "Apply: \(variant) - \(place)"
            case .documents: "Documents - \(place)"
            case .faq: "Questions, answered - \(place)"
            case .terms: variant.isEmpty ? "Terms - \(place)" : "\(first) - \(place)"
            case .contact: variant.isEmpty ? "Contact - \(place)" : "\(first) - \(place)"
            case .form: variant.isEmpty ? "Form - \(place)" : "\(first) - \(place)"
            }
        return "\(text) | Example Bank"
    }

    /// How much each page of a group draws people who want nothing in particular.
    static func popularity(_ section: Section, _ role: Role) -> Float {
        let place: Float =
            switch section {
            case .home: 30
            case .login: 8
            case .search: 0
            case .accounts, .cards, .savings, .about, .support: 3
            case .mortgages, .loans, .deposits, .travel, .investments, .locator: 2
            case .carLoans, .insurance, .business, .student, .careers: 1.2
            default: 0.7
            }
        let kind: Float =
            switch role {
            case .hub: 3
            case .product, .article, .guide: 1.5
            case .rates, .compare, .faq, .contact: 1
            case .calculator, .eligibility: 0.6
            case .form: section == .login ? 1 : 0.2
            case .apply, .documents, .terms: 0.25
            case .results: 0
            }
        return place * (section == .home || section == .login ? 1 : kind)
    }
}

extension String {
    func replacingSpaces(with separator: Character) -> String { String(map { $0 == " " ? separator : $0 }) }
}
