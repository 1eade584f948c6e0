"""What was seen, in words: the sentences of each kind of event, with a place for each of its measures."""

# ruff: noqa: E501 - a sentence stays on one line, beside its translation
from __future__ import annotations

from shiomi.events.words import Language

__all__ = ["OBSERVED"]

_DRAUGHT: dict[Language, tuple[str, ...]] = {
    "en": (
        "From the last statement of draught of {who} before ({draught_before_s} or less) to the first after "
        "({draught_after_s} or less) it changed by {draught_change_dm}.",
    ),
    "ja": (
        "{who}の喫水の申告は、直前（{draught_before_s}以内）と直後（{draught_after_s}以内）で{draught_change_dm}変わった。",
    ),
}
_PARTNER_DRAUGHT: dict[Language, tuple[str, ...]] = {
    lang: tuple(s.replace("{who}", "{partner}").replace("{draught", "{partner_draught") for s in told)
    for lang, told in _DRAUGHT.items()
}

OBSERVED: dict[str, dict[Language, tuple[str, ...]]] = {
    "gap.closed": {
        "en": (
            "{who} was last heard at {t_start}, at {place}, and heard again at {t_end}: a silence of {silence_s}.",
            "Its reports before and after the silence lie {distance_m} apart.",
            "Before it fell silent it reported about every {interval_s}.",
        ),
        "ja": (
            "{who}は{t_start}に{place}で最後に受信され、{t_end}に再び受信された。無信号の時間は{silence_s}。",
            "その前後の位置報告は{distance_m}離れている。",
            "それまでの報告間隔は約{interval_s}。",
        ),
    },
    "gap.open": {
        "en": (
            "{who} was last heard at {t_start}, at {place}; the silence has lasted at least {silence_s}, "
            "and no later report is known.",
            "Before it fell silent it reported about every {interval_s}.",
        ),
        "ja": (
            "{who}は{t_start}に{place}で受信されたのを最後に、少なくとも{silence_s}受信されていない。"
            "その後の報告は知られていない。",
            "それまでの報告間隔は約{interval_s}。",
        ),
    },
    "stop": {
        "en": (
            "{who} kept to one place, around {place}, {span}: {duration_s}.",
            "No report that is cited lies farther than {radius_m} from that place.",
            "It made {fixes} reports meanwhile.",
        ),
        "ja": (
            "{who}は{span}、{place}付近の一か所に留まった（{duration_s}）。",
            "引用した報告はすべてその位置から{radius_m}以内にある。",
            "その間の報告は{fixes}件。",
        ),
    },
    "loitering": {
        "en": (
            "{who} stayed slow, around {place}, {span}: {duration_s}.",
            "Its first and last report then lie {distance_m} apart.",
            "Its highest speed was {pace_max_dkn}.",
            "It made {fixes} reports meanwhile.",
            *_DRAUGHT["en"],
        ),
        "ja": (
            "{who}は{span}、{place}付近で低速のままだった（{duration_s}）。",
            "その間の最初と最後の位置は{distance_m}離れている。",
            "最大速力は{pace_max_dkn}。",
            "その間の報告は{fixes}件。",
            *_DRAUGHT["ja"],
        ),
    },
    "port_visit": {
        "en": (
            "{who} was near known places where vessels rest, first at {place}, {span}: {duration_s}.",
            "From its first to its last report at rest there passed {at_rest_s}.",
            "Its longest silence of the visit was {gap_s}.",
            "Confidence {confidence} of 4: 2 for a rest or a long silence there, and one each for an entry and an exit seen.",
        ),
        "ja": (
            "{who}は{span}、船が停泊する既知の場所の近く、最初は{place}にいた（{duration_s}）。",
            "停止を示す最初の報告から最後の報告まで{at_rest_s}。",
            "その間で最も長い無信号の時間は{gap_s}。",
            "確度は4段階の{confidence}：そこでの停止または長い無信号で2、入域と出域の観測で各1を加える。",
        ),
    },
    "rendezvous": {
        "en": (
            "{who} stayed slow, around {place}, {span}: {duration_s}; no other slow vessel was heard near it.",
            "At {slots} instants of a shared clock its neighbourhood was looked at; places between two reports are interpolated.",
            "Its first and last place then lie {distance_m} apart.",
            "Its highest speed was {pace_max_dkn}.",
            *_DRAUGHT["en"],
        ),
        "ja": (
            "{who}は{span}、{place}付近で低速のままで、近くに他の低速の船は受信されなかった（{duration_s}）。",
            "共通時計の{slots}時点で周囲を調べた。報告と報告の間の位置は補間による。",
            "その間の最初と最後の位置は{distance_m}離れている。",
            "最大速力は{pace_max_dkn}。",
            *_DRAUGHT["ja"],
        ),
    },
    "mirror_gap": {
        "en": (
            "{who} and {partner} were not both heard {span}, and could meanwhile have lain together for up to {together_max_s}, "
            "for example at {place}.",
            "{silent_vessels} of the two were silent; the other, if any, was heard there, slow.",
            "The longer silence lasted {silence_max_s}.",
            "Silences or slow vessels that fit as well at that time: {fits}, this one included.",
            "By chance alone, some silence within reach would have overlapped in about one of 2^{by_chance_bits} cases.",
            *_DRAUGHT["en"],
            *_PARTNER_DRAUGHT["en"],
        ),
        "ja": (
            "{span}、{who}と{partner}の少なくとも一方は受信されておらず、その間、例えば{place}で最長{together_max_s}共にいることが可能であった。",
            "二隻のうち無信号であったのは{silent_vessels}隻。もう一隻があれば、低速で受信されていた。",
            "長い方の無信号の時間は{silence_max_s}。",
            "同じ時に同様に当てはまる組は、これを含めて{fits}件。",
            "偶然だけでも、到達範囲内の無信号は約2^{by_chance_bits}回に1回は重なる。",
            *_DRAUGHT["ja"],
            *_PARTNER_DRAUGHT["ja"],
        ),
    },
    "position_jump": {
        "en": (
            "{who} reported at {t_start}, and again {silence_s} later, at {t_end}, from {distance_m} away; "
            "the later place is {place}.",
            "To sail from one place to the other it would have needed {implied_dkn}.",
        ),
        "ja": (
            "{who}は{t_start}に位置を報告し、{silence_s}後の{t_end}には{distance_m}離れた{place}を報告した。",
            "その間を航行するには{implied_dkn}の速力が要る。",
        ),
    },
    "shared_identity": {
        "en": (
            "The identity of {who} was in use at two places at once {span}: {duration_s}.",
            "The two are the tracks {tracks}.",
            "At {slots} instants of a shared clock the two places were compared; places between two reports are interpolated.",
            "They lay {distance_min_m} apart at the least and {distance_max_m} at the most.",
        ),
        "ja": (
            "{span}、{who}の識別が同時に二か所で使われた（{duration_s}）。",
            "二つの航跡は{tracks}。",
            "共通時計の{slots}時点で二つの位置を比べた。報告と報告の間の位置は補間による。",
            "二つの位置の隔たりは最小{distance_min_m}、最大{distance_max_m}。",
        ),
    },
    "port_approach": {
        "en": (
            "{who} approached the port of {zone} and was last heard at {t_start}, {port_m} from it, at {place}.",
            "Its last course was {course_off_deg} off the straight way there.",
            "It was not heard for {silence_s}.",
            "It was heard again at {t_end}, {again_m} from that port; by way of it, it would have needed {needed_dkn} "
            "on average.",
        ),
        "ja": (
            "{who}は{zone}港に接近し、{t_start}に同港から{port_m}の{place}で最後に受信された。",
            "最後の針路は同港への直線から{course_off_deg}ずれていた。",
            "その後{silence_s}受信されていない。",
            "{t_end}に同港から{again_m}の位置で再び受信された。同港を経由したとすれば平均{needed_dkn}の速力が要る。",
        ),
    },
    "cable_area": {
        "en": (
            "{who} went slower than it came, or with its bow off its course, in the zone of the cable {zone} {span}: "
            "{duration_s}.",
            "Its slowest cited speed there was {slowest_dkn}; beside the zone it had last sailed at {came_dkn} (0 where "
            "that is not known).",
            "Of the cited reports {slow_reports} were slow and {drift_reports} had the bow off the course; "
            "{heading_reports} held a heading, without which drift cannot be told.",
            "Its first and last report then lie {distance_m} apart.",
        ),
        "ja": (
            "{who}は{span}、海底ケーブル「{zone}」の区域で、進入時より低速であったか、船首と針路がずれていた（{duration_s}）。",
            "引用した報告での最低速力は{slowest_dkn}。区域の脇を最後に航行した速力は{came_dkn}（0は不明）。",
            "引用した報告のうち低速は{slow_reports}件、船首と針路のずれは{drift_reports}件。"
            "船首方位を含むものは{heading_reports}件で、これがなければ漂流は判定できない。",
            "その間の最初と最後の位置は{distance_m}離れている。",
        ),
    },
    "presence": {
        "en": (
            "{who} was in the zone {zone} {span}.",
            "From its first to its last report surely there it stayed {duration_s}.",
            "Its deepest cited report lies {depth_m} inside the line.",
            "For {undetermined_s} of that time it was too near the line to tell on which side.",
        ),
        "ja": (
            "{who}は{span}、区域「{zone}」内にいた。",
            "確実に区域内と言える最初の報告から最後の報告まで{duration_s}。",
            "引用した報告のうち最も内側のものは境界線から{depth_m}内側。",
            "そのうち{undetermined_s}は境界線に近く、どちら側か判定できない。",
        ),
    },
    "identity_switch": {
        "en": (
            "The reports of one number end at {t_start} and those of another begin at {t_end}, {duration_s} later, "
            "on the same course: {who} and {partner}, at {place}.",
            "The first report lies {distance_m} from the last one, and {off_m} from where its course and speed lead.",
        ),
        "ja": (
            "{t_start}に一つの番号の報告が途絶え、{duration_s}後の{t_end}に{place}で別の番号の報告が同じ針路で始まった：{who}、{partner}。",
            "その最初の報告は最後の報告から{distance_m}、針路と速力から予測される位置から{off_m}離れている。",
        ),
    },
    "dual_identity": {
        "en": (
            "{who} and {partner} sailed as if they were one hull, {span}: {duration_s}, around {place}.",
            "At {slots} instants of a shared clock their places were compared; places between two reports are interpolated.",
            "They lay {distance_min_m} apart at the least and {distance_max_m} at the most.",
            "The faster of the two went at up to {pace_max_dkn}.",
            "Their names differ in {name_edits} of {name_letters} letters.",
        ),
        "ja": (
            "{span}、{who}と{partner}は一隻であるかのように{place}付近を航行した（{duration_s}）。",
            "共通時計の{slots}時点で二つの位置を比べた。報告と報告の間の位置は補間による。",
            "二つの位置の隔たりは最小{distance_min_m}、最大{distance_max_m}。",
            "速い方の最大速力は{pace_max_dkn}。",
            "船名は{name_letters}字中{name_edits}字が異なる。",
        ),
    },
    "fabricated_track": {
        "en": (
            "{who} sent {fixes} reports {span}, around {place}, that are steadier than those of a ship at sea; {rules} of five rules hold.",
            "{smooth_fixes} of them lie where even sailing between their neighbours would have them; 95 % lie within {residual_mm} of there.",
            "{even_intervals} of the intervals are the same to the second, {interval_s}.",
            "On {contrary_intervals} legs the way made contradicts the speed reported.",
            "{hasty_intervals} reports came more often than class A may report.",
            "Another track of the same number made {elsewhere_reports} of the reports that are cited.",
        ),
        "ja": (
            "{who}は{span}、{place}付近で{fixes}件の報告を送ったが、海上の船の報告としては整いすぎている。五つの規則のうち{rules}つに該当。",
            "うち{smooth_fixes}件は前後の報告の間を等速で進んだ位置にあり、95％は{residual_mm}以内。",
            "{even_intervals}の間隔は秒単位で等しく{interval_s}。",
            "{contrary_intervals}の区間で、進んだ距離が報告された速力と矛盾する。",
            "{hasty_intervals}件の報告はクラスAに許される頻度を超えている。",
            "引用した報告のうち{elsewhere_reports}件は、同じ番号の別の航跡のもの。",
        ),
    },
    "gnss_interference": {
        "en": (
            "{vessels} vessels began within minutes of each other to report places where they cannot have been, {span}: "
            "{who} and {partner}.",
            "Before that they lay around {place}, no more than {origin_spread_m} from the first of them.",
            "The first false places lie {moved_min_m} to {moved_max_m} from the true ones, and at most {landing_spread_m} "
            "from that of the first vessel.",
            "The first false places of one vessel lie at most {wander_max_m} apart.",
        ),
        "ja": (
            "{span}、{vessels}隻が数分の間に相次いで、居たはずのない位置を報告し始めた：{who}、{partner}。",
            "それまでは{place}付近、最初の船から{origin_spread_m}以内に居た。",
            "最初の誤った位置は真の位置から{moved_min_m}ないし{moved_max_m}離れ、最初の船のそれから{landing_spread_m}以内にある。",
            "一隻の最初の誤った位置どうしの隔たりは最大{wander_max_m}。",
        ),
    },
    "close_manoeuvre": {
        "en": (
            "{who} and {partner} passed each other at {distance_m}, at {t_start}, at {place}.",
            "With what is known of places, clocks and turns, that distance lies between {distance_low_m} and {distance_high_m}; it is "
            "between antennas.",
            "The two reports around that instant lie {leg_max_s} apart for the vessel heard less often; over more than a minute the "
            "distance is interpolated.",
            "They passed at {relative_dkn} relative to each other; the faster made {pace_max_dkn}.",
            "Had both kept course and speed, they would have passed at {predicted_m}, {predicted_s} after the step before began.",
            "The largest turn of either from one step to the next was {turn_max_deg}.",
            "By bearings and courses rule {rule_no} of the COLREGs fits (13 overtaking, 14 head-on, 15 crossing).",
            "On these data the vessel with MMSI {give_way_mmsi} was the one to give way.",
        ),
        "ja": (
            "{who}と{partner}は{t_start}、{place}で{distance_m}まで接近して行き会った。",
            "位置、時計、旋回の不確かさを考えると、その距離は{distance_low_m}から{distance_high_m}の間。距離はアンテナ間のもの。",
            "受信の少ない方の船では、その前後の報告は{leg_max_s}離れている。1分を超える場合、距離は補間による。",
            "相対速力は{relative_dkn}、速い方の速力は{pace_max_dkn}。",
            "両船が針路と速力を保っていれば、直前の区間の始まりから{predicted_s}後に{predicted_m}で行き会うはずであった。",
            "区間から区間への変針は最大{turn_max_deg}。",
            "方位と針路からは海上衝突予防の国際規則（COLREGs）第{rule_no}条が当てはまる（13追越し、14行会い、15横切り）。",
            "このデータによれば避航船はMMSI {give_way_mmsi}の船。",
        ),
    },
    "shadowing": {
        "en": (
            "{who} and {partner} kept company, around {place}, {span}: {duration_s}.",
            "In {slots} steps of a shared clock they were in company; their common course turned {turn_slots} times.",
            "They lay {distance_min_m} to {distance_max_m} apart.",
            "The faster of the two made at most {pace_max_dkn}.",
            "The vessel with MMSI {ahead_mmsi} was ahead most of the time.",
        ),
        "ja": (
            "{who}と{partner}は{span}、{place}付近で並んで、または前後して航行した（{duration_s}）。",
            "共通時計の{slots}区間で同航し、その間に共通の針路は{turn_slots}回変わった。",
            "両船の距離は{distance_min_m}から{distance_max_m}。",
            "速い方の速力は最大{pace_max_dkn}。",
            "多くの時間、前にいたのはMMSI {ahead_mmsi}の船。",
        ),
    },
    "blocking": {
        "en": (
            "Of {who} and {partner}, the vessel with MMSI {crossing_mmsi} crossed ahead of the vessel with MMSI {crossed_mmsi} in "
            "{crossing_slots} steps of a shared clock, around {place}, {span}.",
            "The nearest crossing was {ahead_min_m} ahead of the bow line's antenna.",
            "The least distance between the two was {distance_min_m}.",
            "Between the crossings the vessel that was crossed turned by up to {turn_max_deg} and slowed by up to {slowed_max_dkn}.",
        ),
        "ja": (
            "{who}と{partner}のうち、MMSI {crossing_mmsi}の船が{span}、{place}付近で、共通時計の{crossing_slots}区間において"
            "MMSI {crossed_mmsi}の船の船首方向を横切った。",
            "最も近い横切りはアンテナの前方{ahead_min_m}。",
            "両船の最小距離は{distance_min_m}。",
            "その間、横切られた船は最大{turn_max_deg}変針し、最大{slowed_max_dkn}減速した。",
        ),
    },
    "swarm": {
        "en": (
            "{vessels} vessels lay close together at the least, around {place}, {span}: {duration_s}.",
            "They are {who} and {partner}.",
            "At {slots} musters of a shared clock they were seen together: at least {vessels_min} and at most {vessels_max} of them at one.",
            "None of them was farther than {radius_m} from the mean place of those who were there first.",
        ),
        "ja": (
            "{span}、少なくとも{vessels}隻が{place}付近に密集していた（{duration_s}）。",
            "その船は{who}、{partner}。",
            "共通時計の{slots}回の点呼で一緒に観測された。一回に少なくとも{vessels_min}隻、多くて{vessels_max}隻。",
            "最初に居た船の平均位置から{radius_m}より離れた船はない。",
        ),
    },
    "raft": {
        "en": (
            "{vessels} vessels at the least lay side by side, around {place}, {span}: {duration_s}.",
            "They are {who} and {partner}.",
            "At {slots} instants of a shared clock each of them was alongside another: at least {vessels_min} and at most {vessels_max} at one.",
            "None of them was farther than {radius_m} from the mean place of those who were there first.",
        ),
        "ja": (
            "{span}、少なくとも{vessels}隻が{place}付近で互いに横付けの近さに並んでいた（{duration_s}）。",
            "その船は{who}、{partner}。",
            "共通時計の{slots}時点で各船が他の船のすぐ横にいた。一時点に少なくとも{vessels_min}隻、多くて{vessels_max}隻。",
            "最初に居た船の平均位置から{radius_m}より離れた船はない。",
        ),
    },
    "survey_pattern": {
        "en": (
            "{who} sailed {legs} straight lines side by side, around {place}, {span}: {duration_s}.",
            "The lines are {leg_min_m} to {leg_max_m} long and on the mean {spacing_m} apart; that distance varies by {spacing_pct} %.",
            "The first line lay on a course of {course_deg}; the highest speed made good was {pace_max_dkn}.",
        ),
        "ja": (
            "{who}は{span}、{place}付近で{legs}本の直線を平行に航走した（{duration_s}）。",
            "線の長さは{leg_min_m}から{leg_max_m}、間隔は平均{spacing_m}で、そのばらつきは{spacing_pct} %。",
            "最初の線の針路は{course_deg}、最大速力は{pace_max_dkn}。",
        ),
    },
    "encounter": {
        "en": (
            "{who} and {partner} were close to each other, around {place}, {span}: {duration_s}.",
            "At {slots} instants of a shared clock the distance between their antennas was compared; places "
            "between two reports are interpolated.",
            "That distance was {distance_min_m} at the least.",
            "Its median was {distance_median_m}.",
            "It was {distance_max_m} at the most.",
            "The faster of the two moved at no more than {pace_max_dkn}.",
            "When it began they moved at {closing_dkn} against each other.",
            "MMSI {came_mmsi} was the one that came, as far as heard.",
            "When it ended they moved at {parting_dkn} against each other.",
            "MMSI {left_mmsi} was the one that left, as far as heard.",
            "In between they moved at {relative_pace_dkn} against each other (median).",
            "Their bows pointed {heading_gap_deg} apart (median).",
            "By the lengths they claim, their hulls were between {hull_least_m} and {hull_most_m} apart when closest.",
            *_DRAUGHT["en"],
            *_PARTNER_DRAUGHT["en"],
        ),
        "ja": (
            "{who}と{partner}は{span}、{place}付近で互いに近接していた（{duration_s}）。",
            "共通時計の{slots}時点でアンテナ間の距離を比べた。報告と報告の間の位置は補間による。",
            "その距離は最小{distance_min_m}。",
            "その中央値は{distance_median_m}。",
            "その最大は{distance_max_m}。",
            "速い方の速力は{pace_max_dkn}以下であった。",
            "始まりでは互いに対して{closing_dkn}で動いていた。",
            "受信された限りでは、近づいて来たのはMMSI {came_mmsi}である。",
            "終わりでは互いに対して{parting_dkn}で動いていた。",
            "受信された限りでは、離れて行ったのはMMSI {left_mmsi}である。",
            "その間、互いに対して{relative_pace_dkn}で動いていた（中央値）。",
            "船首方位の差は{heading_gap_deg}（中央値）。",
            "両船の申告する船長によれば、最接近時の船体間の距離は{hull_least_m}以上{hull_most_m}以下であった。",
            *_DRAUGHT["ja"],
            *_PARTNER_DRAUGHT["ja"],
        ),
    },
}
"""Kind, or kind and status, to what was seen. The first sentence needs all its measures; else see `measured`."""
