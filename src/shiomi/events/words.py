"""What a person reads of an event: every sentence once, in English and Japanese.

A sentence may name a measure in braces; it is left out where the event has no such measure. The words say
what was observed. They never say why, and never what a vessel carried.
"""

# ruff: noqa: E501 - a sentence stays on one line, beside its translation
from __future__ import annotations

import datetime as dt
import json
from typing import Any, Literal

from shiomi.units import NAUTICAL_MILE_M, SECOND, iso

__all__ = [
    "BASES",
    "LIMITS",
    "REASONS",
    "SENTENCES",
    "Language",
    "place",
    "quantity",
    "readable",
    "when",
]

Language = Literal["en", "ja"]

Phrase = dict[Language, str]

LIMITS: dict[str, Phrase] = {
    "gap": {
        "en": "Silence does not say why: a shore station out of reach, a crowded satellite pass, a fault, and a "
        "transmitter that was switched off look the same.",
        "ja": "無信号は理由を語らない。陸上局の圏外、混雑した海域での衛星受信、機器の故障、送信の停止は同じに見える。",
    },
    "stop": {
        "en": "A stop does not say what was done there; at a berth or an anchorage it is the ordinary state of a ship.",
        "ja": "停止はそこで何が行われたかを語らない。岸壁や錨地では船の普通の状態である。",
    },
    "loitering": {
        "en": "Being slow does not say why: waiting for a berth, for orders or for weather, repairs and fishing look "
        "the same.",
        "ja": "低速は理由を語らない。着岸待ち、指示待ち、天候待ち、修理、漁労は同じに見える。",
    },
    "port_visit": {
        "en": "A visit does not say that the vessel berthed, called or worked cargo: lying at anchor, waiting, and a ferry's "
        "turn look the same.",
        "ja": "訪問は、着岸、寄港、荷役のいずれも語らない。錨泊、待機、渡船の折り返しは同じに見える。",
    },
    "rendezvous": {
        "en": "That nobody was heard nearby does not say that somebody was there: waiting for a berth, for orders or for weather, "
        "repairs and fishing look the same.",
        "ja": "近くで誰も受信されなかったことは、誰かがいたことを意味しない。"
        "着岸待ち、指示待ち、天候待ち、修理、漁労は同じに見える。",
    },
    "mirror_gap": {
        "en": "That two vessels could have met does not say that they did: where silences are common, many fit by chance, and "
        "nobody heard where either was.",
        "ja": "会うことが可能であったことは、会ったことを意味しない。無信号の多い海域では多くの組が偶然に当てはまり、"
        "どちらがどこにいたかは受信されていない。",
    },
    "position_jump": {
        "en": "A jump does not say which report is wrong, nor who caused it: a garbled message, a wrong clock, "
        "interference and a second transmitter with the same number look the same.",
        "ja": "位置の跳躍は、どの報告が誤りか、誰によるものかを語らない。"
        "電文の破損、時計の誤り、電波妨害、同じ番号の別の送信機は同じに見える。",
    },
    "shared_identity": {
        "en": "That two transmitters use one number does not say which of them is genuine, nor that it was meant: "
        "numbers entered wrongly are common.",
        "ja": "二つの送信機が一つの番号を使うことは、どちらが本物か、故意かどうかを語らない。"
        "番号の入力誤りはよくある。",
    },
    "port_approach": {
        "en": "An approach and a silence do not say that the vessel called there: nobody saw it. Out of reach of shore "
        "stations, or among hundreds of fishing vessels, ships fall silent on any course. A call needs a second source.",
        "ja": "接近と無信号は、寄港したことを語らない。誰も見ていない。陸上局の圏外や多数の漁船の中では、"
        "どの針路の船も受信されなくなる。寄港と言うには別の情報源が要る。",
    },
    "cable_area": {
        "en": "A track alone cannot show intent, nor that anything on the sea bed was touched: weather, engine trouble, "
        "fishing and anchoring look the same, and ships cross cables unharmed all day.",
        "ja": "航跡だけでは意図も、海底の何かに触れたことも示せない。荒天、機関故障、漁労、錨泊は同じに見え、"
        "船は日々ケーブルの上を無害に通過している。",
    },
    "presence": {
        "en": "Being in a zone does not say why, and is no intrusion by itself: ships of every flag have the right of "
        "innocent passage through a territorial sea. The line is a claim or is derived from a coast, and says nothing "
        "of whose waters these are.",
        "ja": "区域内にいることは理由を語らず、それだけで侵入とは言えない。領海においてはすべての国の船舶が無害通航権を有する。"
        "境界線は主張または海岸線からの算出であり、その水域が誰のものかを語らない。",
    },
    "identity_switch": {
        "en": "One end and one beginning that fit do not say that one hull made both: a vessel leaving the reach of receivers "
        "as another enters it looks the same, and a number may be changed lawfully.",
        "ja": "途絶と開始が符合しても、同じ船とは限らない。受信圏を出る船と入る船でも同じに見え、"
        "番号が適法に変更されることもある。",
    },
    "dual_identity": {
        "en": "Two numbers on one way do not say that they are one vessel: a tug and its tow, boats lashed together and an "
        "escort sail so, and a vessel may carry two transmitters openly.",
        "ja": "二つの番号が同じ航路を進むことは、一隻であることを意味しない。曳船と被曳航船、接舷して進む船、"
        "護衛も同じように進み、一隻が公然と二台の送信機を持つこともある。",
    },
    "fabricated_track": {
        "en": "Reports that are too steady do not say who made them or what for: simulators, test sets and providers that "
        "interpolate make the same, and a ship of that number may be where it says.",
        "ja": "整いすぎた報告は、誰が何のために作ったかを語らない。模擬装置、試験装置、配信元の補間でも同じになり、"
        "その番号の船が実際にそこに居ることもある。",
    },
    "gnss_interference": {
        "en": "False places do not say who or what caused them, nor where that was: interference with satellite navigation, "
        "a repeater, an exercise and an error of a provider look the same, and the vessels need know nothing of it.",
        "ja": "誤った位置は、原因が誰か何か、どこにあるかを語らない。衛星測位への妨害、再送信機、訓練、"
        "配信元の誤りは同じに見え、船が気付いていないこともある。",
    },
    "close_manoeuvre": {
        "en": "A short passing does not say who was at fault, nor that there was danger: pilots, tugs, ferries, races and vessels "
        "that agreed on it look the same.",
        "ja": "近距離の行き会いは、どちらに非があるかも、危険があったことも語らない。水先、曳船、渡船、競技、合意の上の行動は同じに見える。",
    },
    "shadowing": {
        "en": "Company does not say that one follows the other, nor why: convoys, escorts by consent, ferries and two ships in one "
        "fairway look the same.",
        "ja": "同航は、一方が他方を追っていることも、その理由も語らない。船団、合意の上の護衛、渡船、同じ航路の二隻は同じに見える。",
    },
    "blocking": {
        "en": "Crossing a bow repeatedly does not say that it was meant, nor who had to keep clear: fishing or surveying in one "
        "ground, races, tugs and pilots at work look the same.",
        "ja": "船首方向を繰り返し横切ることは、故意であることも、どちらが避けるべきであったかも語らない。"
        "同じ海域での漁労や調査、競技、作業中の曳船や水先船は同じに見える。",
    },
    "swarm": {
        "en": "That vessels lie together does not say that they belong together, nor why: a port, a roadstead, shelter from weather, a "
        "closed season and a fish market look the same. The count is a minimum: who does not transmit is not counted.",
        "ja": "船が集まっていることは、仲間であることも、その理由も語らない。港、錨地、荒天避泊、休漁期、魚市場は同じに見える。"
        "隻数は最小値であり、送信していない船は数えられていない。",
    },
    "raft": {
        "en": "Lying side by side does not say that they were made fast to each other, nor why: a crowded quay, a marina, the night and "
        "bunkering look the same. The count is a minimum: who does not transmit is not counted.",
        "ja": "並んでいることは、互いに係留されていることも、その理由も語らない。混んだ岸壁、マリーナ、夜間の停泊、給油は同じに見える。"
        "隻数は最小値であり、送信していない船は数えられていない。",
    },
    "survey_pattern": {
        "en": "Lines side by side do not say what was done along them: survey, cable work, fishing, dredging, mine hunting and search "
        "look the same.",
        "ja": "平行な線は、それに沿って何が行われたかを語らない。測量、ケーブル作業、漁労、浚渫、掃海、捜索は同じに見える。",
    },
    "encounter": {
        "en": "Closeness does not say that the two touched or that anything passed between them: pilots, tugs, tows, "
        "bunkering, fishing in pairs and waiting side by side look the same.",
        "ja": "近接は、接舷したことも、何かが受け渡されたことも語らない。"
        "水先、曳船、曳航、給油、二そう引き漁、並んでの待機は同じに見える。",
    },
    "": {
        "en": "What was observed does not say why.",
        "ja": "観測されたことは理由を語らない。",
    },
}
"""Kind to what the finding does not mean; the empty kind for all others."""

SENTENCES: dict[str, Phrase] = {
    "status.open": {"en": "The event is open: it had not ended by {known_t}, when it could first be told.",
                    "ja": "この事象は継続中：最初に判明し得た{known_t}の時点で終わっていなかった。"},
    "status.closed": {"en": "The event is closed; all of it could be known from {known_t}.",
                      "ja": "この事象は終了した。全体は{known_t}から判明し得た。"},
    "status.withdrawn": {"en": "The event was withdrawn at {known_t}: it no longer stands.",
                         "ja": "この事象は{known_t}に撤回された。もはや有効ではない。"},
    "withdrawn_because": {"en": "The reason given: {reason}.", "ja": "撤回の理由：{reason}。"},
    "measured": {"en": "{kind}: {who} was observed around {place}, {span}.",
                 "ja": "{kind}：{who}が{span}、{place}付近で観測された。"},
    "measures": {"en": "Measured: {list}.", "ja": "測定値：{list}。"},
    "measure": {"en": "{base} {value} ({name} = {raw})", "ja": "{base} {value}（{name} = {raw}）"},
    "shore": {"en": "The nearest shore is {shore_m} away.", "ja": "最寄りの岸まで{shore_m}。"},
    "inland": {"en": "It lies inside the coastline, {inland_m} from it.", "ja": "海岸線の内側、海岸線から{inland_m}。"},
    "place": {"en": "The nearest known place is {place_m} away.", "ja": "最寄りの既知の場所まで{place_m}。"},
    "place.inside": {"en": "It lies inside a known place.", "ja": "既知の場所の中にある。"},
    "zone.derived": {"en": "The line is derived, not declared ({source}), and may be {line_m} off.",
                     "ja": "境界線は宣言されたものではなく算出による（{source}）。誤差は{line_m}程度。"},
    "zone.given": {"en": "The line is as given by {source}.", "ja": "境界線は{source}による。"},
    "zone.claim": {"en": "It is claimed by {list}.", "ja": "主張する国・地域：{list}。"},
    "zone.claims": {"en": "It is claimed by each of {list}; none is preferred here.",
                    "ja": "複数の国・地域が主張している：{list}。ここではいずれにも与しない。"},
    "zone.undetermined": {"en": "No cited report lies surely inside: all are too near the line to tell.",
                          "ja": "確実に区域内と言える報告はない。すべて境界線に近く判定できない。"},
    "rule": {"en": "The rule is {kind}, version {version}: {list}.", "ja": "規則は{kind}（第{version}版）：{list}。"},
    "rule.plain": {"en": "The rule is {kind}, version {version}, which has no parameters.",
                   "ja": "規則は{kind}（第{version}版）、パラメータなし。"},
    "parameter": {"en": "{base} {value} ({name} = {raw})", "ja": "{base} {value}（{name} = {raw}）"},
    "parameter.min": {"en": "{base} at least {value} ({name} = {raw})", "ja": "{base} {value}以上（{name} = {raw}）"},
    "parameter.max": {"en": "{base} at most {value} ({name} = {raw})", "ja": "{base} {value}以下（{name} = {raw}）"},
    "start.exact": {"en": "A report fixes its start: {at}.", "ja": "始まりは報告により定まる：{at}。"},
    "start.between": {"en": "It began between {earliest} and {latest}, the reports on either side.",
                      "ja": "始まりは前後の報告により{earliest}から{latest}の間。"},
    "end.exact": {"en": "A report fixes its end: {at}.", "ja": "終わりは報告により定まる：{at}。"},
    "end.between": {"en": "It ended between {earliest} and {latest}, the reports on either side.",
                    "ja": "終わりは前後の報告により{earliest}から{latest}の間。"},
    "end.unknown": {"en": "It had not ended by {earliest}; when it ended is not known.",
                    "ja": "{earliest}には終わっていなかった。いつ終わったかは不明。"},
    "evidence": {"en": "It rests on {cited} reports, named by their message ids.",
                 "ja": "根拠は電文識別子で示した{cited}件の報告。"},
    "evidence.held": {"en": "It rests on {cited} reports; all of them are held, from {first} to {last}.",
                      "ja": "根拠は{cited}件の報告で、すべて保存されている（{first}から{last}）。"},
    "evidence.missing": {"en": "It rests on {cited} reports, of which only {held} are held: it cannot be recomputed here.",
                         "ja": "根拠は{cited}件の報告だが、保存されているのは{held}件のみで、ここでは再計算できない。"},
    "suppressed": {"en": "It is shown apart; the reason: {list}.", "ja": "別扱いで表示する。理由：{list}。"},
    "suppressed.not": {"en": "No reason was found to show it apart.", "ja": "別扱いにする理由は見つからなかった。"},
    "places": {"en": "It was judged with the table of places {places_id}.", "ja": "判定に用いた場所の表：{places_id}。"},
    "ladder": {"en": "The steps of the ladder: {list}.", "ja": "判定の段階：{list}。"},
    "rarity": {"en": "Such an event comes about once in {days} vessel-days there.",
               "ja": "この種の事象は、そこではおよそ{days}隻日に一度起きる。"},
    "step.S0": {"en": "data quality", "ja": "データの質"},
    "step.S1": {"en": "coverage", "ja": "受信状況"},
    "step.S2": {"en": "place", "ja": "場所"},
    "step.S3": {"en": "vessel class", "ja": "船種"},
    "step.S4": {"en": "pair class", "ja": "組合せ"},
    "step.S5": {"en": "persistence", "ja": "継続"},
    "step.S6": {"en": "local base rate", "ja": "その場所での頻度"},
    "said.passed": {"en": "no ordinary reason", "ja": "通常の理由なし"},
    "said.apart": {"en": "shown apart", "ja": "別扱い"},
    "said.unknown": {"en": "not known", "ja": "不明"},
    "said.explained": {"en": "explained", "ja": "説明がつく"},
    "said.unexplained": {"en": "unexplained", "ja": "説明がつかない"},
    "said.undetermined": {"en": "undetermined", "ja": "判断できない"},
    "said.heard": {"en": "well heard", "ja": "よく受信"},
    "said.poor": {"en": "poorly heard", "ja": "受信不良"},
    "said.rare": {"en": "rare", "ja": "まれ"},
    "said.common": {"en": "common", "ja": "よくある"},
    "coverage.explained": {"en": "Reception there explains the silence.", "ja": "当時その海域の受信状況で説明がつく。"},
    "coverage.unexplained": {"en": "Reception does not explain the silence: others were heard around it all the while, "
                             "and both its ends are well received.",
                             "ja": "受信状況では説明がつかない。その間も周囲の船は受信されており、両端の受信状況も良い。"},
    "coverage.undetermined": {"en": "Whether reception explains the silence cannot be told.",
                              "ja": "受信状況で説明がつくかどうかは判断できない。"},
    "longest_silence": {"en": "The longest silence within it was {longest_silence_s}.",
                        "ja": "その間で最も長い無信号は{longest_silence_s}。"},
    "coverage.heard": {"en": "That sea was heard in {heard_percent} % of its hours.",
                       "ja": "その海域はその時間の{heard_percent} %で受信されていた。"},
    "coverage.poor": {"en": "That sea was heard in {heard_percent} % of its hours only: what is counted in it is a minimum.",
                      "ja": "その海域はその時間の{heard_percent} %しか受信されておらず、ここでの数は下限である。"},
    "coverage.expected": {"en": "A vessel there would have been heard in at least {expected_hours} hours meanwhile, with some "
                          "{expected_reports} reports; {neighbours} others an hour were heard around.",
                          "ja": "そこにいる船はその間に少なくとも{expected_hours}時間分、約{expected_reports}件が受信されたはずである。"
                          "周囲では1時間あたり{neighbours}隻が受信されていた。"},
    "coverage.share": {"en": "Of the hours that vessels spend where it was last heard, {reception_percent} % are heard.",
                       "ja": "最後に受信された海域では、船のいる時間の{reception_percent} %が受信される。"},
    "coverage.unknown": {"en": "How well that sea was received then is not known.",
                         "ja": "当時その海域がどれほど受信できていたかは不明。"},
    "coverage.stated": {"en": "Reception there and then is recorded as: {coverage}.",
                        "ja": "当時その海域の受信状況の記録：{coverage}。"},
    "span": {"en": "from {t_start} to {t_end}", "ja": "{t_start}から{t_end}まで"},
    "span.open": {"en": "from {t_start} on", "ja": "{t_start}から"},
    "vessel": {"en": "the vessel with MMSI {mmsi}", "ja": "MMSI {mmsi}の船"},
    "vessel.named": {"en": 'the vessel with MMSI {mmsi}, which calls itself "{name}",',
                     "ja": "MMSI {mmsi}の船（自称「{name}」）"},
    "and": {"en": "; ", "ja": "、"},
}  # fmt: skip
"""The sentences that every kind shares, and their parts."""

REASONS: dict[str, Phrase] = {
    "gnss_interference": {"en": "places could not be trusted around it: positioning was disturbed (event {detail})",
                          "ja": "付近では測位が乱れており位置を信頼できない（事象{detail}）"},
    "shared_identity": {"en": "its MMSI was in use at two places at once then (event {detail})",
                        "ja": "当時そのMMSIは同時に二か所で使われていた（事象{detail}）"},
    "position_jump": {"en": "its MMSI jumped from one place to another then (event {detail})",
                      "ja": "当時そのMMSIの位置が跳躍している（事象{detail}）"},
    "vessel_class": {"en": "it is the ordinary work or habit of the class of vessel that it says it is ({detail})",
                     "ja": "その船が名乗る船種（{detail}）の通常の作業または習慣である"},
    "feed_silent": {"en": "the feed itself was silent for most of that time, and every vessel with it",
                    "ja": "その時間の大半は受信データ自体が途絶えており、他の船も同様に受信されていない"},
    "neighbours_silent": {"en": "others are heard there as a rule, and meanwhile they were mostly silent too",
                          "ja": "そこでは普段ほかの船が受信されるが、その間は同様にほとんど受信されていない"},
    "poor_reception": {"en": "vessels are seldom heard there: too few reports were to be expected",
                       "ja": "そこでは船がまれにしか受信されず、期待される受信数が少なすぎる"},
    "left_coverage": {"en": "it may have sailed to where vessels are not heard, or far more thinly",
                      "ja": "受信されない、またははるかにまばらにしか受信されない海域へ出た可能性がある"},
    "pair_class": {"en": "meetings of such a pair are ordinary work ({detail})",
                   "ja": "この組合せの会合は通常の作業である（{detail}）"},
    "together_for_days": {"en": "the two lie side by side for days", "ja": "両船は数日にわたり並んでいる"},
    "met_often": {"en": "the two met there on {detail} days of the week up to then",
                  "ja": "両船はそれまでの一週間に{detail}日そこで会合している"},
    "at_place": {"en": "it is at the known place {detail}, where ships stop and meet",
                 "ja": "船が停泊し行き交う既知の場所{detail}にある"},
    "two_vessels": {"en": "the two say often that they are different vessels ({detail})",
                    "ja": "二つは互いに別の船であると繰り返し名乗っている（{detail}）"},
    "inland": {"en": "it is on a river, a lake or another water inside the coastline", "ja": "海岸線の内側の水域にある"},
    "near_shore": {"en": "it is nearer to shore than such events are judged", "ja": "この種の事象を判定する範囲より岸に近い"},
}  # fmt: skip
"""What a reason in `suppressed_by` says, by the part before its colon; others are shown as they stand."""

BASES: dict[str, Phrase] = {
    "break": {"en": "interruption", "ja": "中断"},
    "port": {"en": "distance to the port", "ja": "港までの距離"},
    "course_off": {"en": "course off the way to the port", "ja": "港への方向との針路の差"},
    "seaward_off": {"en": "bearing off the port's open water", "ja": "港の外海側からの方位の差"},
    "again": {"en": "distance to the port when heard again", "ja": "再受信時の港までの距離"},
    "needed": {"en": "speed needed by way of the port", "ja": "港を経由するのに要する速力"},
    "slowest": {"en": "slowest speed", "ja": "最低速力"},
    "came_vessels": {"en": "vessels that came", "ja": "近づいて来た隻数"},
    "came_mmsi": {"en": "vessel that came", "ja": "近づいて来た船"},
    "left_vessels": {"en": "vessels that left", "ja": "離れて行った隻数"},
    "left_mmsi": {"en": "vessel that left", "ja": "離れて行った船"},
    "relative_pace": {"en": "speed against each other", "ja": "相対速力"},
    "heading_gap": {"en": "angle between the bows", "ja": "船首方位の差"},
    "draught_change": {"en": "change of the stated draught", "ja": "申告喫水の変化"},
    "came": {"en": "speed beside the zone", "ja": "区域の脇での速力"},
    "slowing": {"en": "slower than it came", "ja": "進入時からの減速"},
    "sailing": {"en": "speed that counts as sailing", "ja": "航行とみなす速力"},
    "drift": {"en": "drift", "ja": "漂流"},
    "slow_reports": {"en": "slow reports cited", "ja": "低速の引用報告数"},
    "drift_reports": {
        "en": "reports cited with the bow off the course",
        "ja": "船首と針路がずれた引用報告数",
    },
    "heading_reports": {"en": "reports cited with a heading", "ja": "船首方位を含む引用報告数"},
    "not_under_command_reports": {"en": "reports cited as not under command", "ja": "運転不自由の引用報告数"},
    "depth": {"en": "depth inside the line", "ja": "境界線からの内側の距離"},
    "hysteresis": {"en": "width in which a stay may be broken", "ja": "滞在の中断を許す幅"},
    "inside_reports": {"en": "cited reports surely inside", "ja": "確実に内側の引用報告数"},
    "position": {"en": "uncertainty of a position", "ja": "位置の不確かさ"},
    "undetermined": {"en": "time too near the line to tell", "ja": "判定できない時間"},
    "zone": {"en": "zone", "ja": "区域"},
    "zones": {"en": "table of zones", "ja": "区域の表"},
    "distance": {"en": "distance", "ja": "距離"},
    "distance_max": {"en": "greatest distance", "ja": "最大距離"},
    "distance_median": {"en": "median distance", "ja": "距離の中央値"},
    "distance_min": {"en": "least distance", "ja": "最小距離"},
    "duration": {"en": "duration", "ja": "継続時間"},
    "fixes": {"en": "reports", "ja": "報告数"},
    "implied": {"en": "implied speed", "ja": "必要速力"},
    "interval": {"en": "reporting interval", "ja": "報告間隔"},
    "longest_silence": {"en": "longest silence within", "ja": "その間の最長無信号"},
    "keep": {"en": "spacing of the evidence", "ja": "根拠の間隔"},
    "missing_reports": {"en": "reports missed", "ja": "欠けた報告数"},
    "pace": {"en": "speed", "ja": "速力"},
    "pace_max": {"en": "highest speed", "ja": "最大速力"},
    "place": {"en": "distance to the nearest known place", "ja": "最寄りの既知の場所までの距離"},
    "radius": {"en": "radius", "ja": "半径"},
    "together_max": {"en": "longest time together that is possible", "ja": "共にいることが可能な最長時間"},
    "together": {"en": "time together that must be possible", "ja": "共にいることが可能であるべき時間"},
    "silent": {"en": "silent vessels", "ja": "無信号の船"},
    "reach": {"en": "reach", "ja": "到達範囲"},
    "by_chance": {"en": "rarity by chance, as a power of two", "ja": "偶然による稀さ（2の累乗）"},
    "fits": {"en": "pairs that fit as well", "ja": "同様に当てはまる組"},
    "clear": {"en": "distance within which nobody is near", "ja": "近くに誰もいないとする距離"},
    "every": {"en": "step at which it is looked at", "ja": "調べる刻み"},
    "at_rest": {"en": "from first to last rest", "ja": "最初の停止から最後の停止まで"},
    "gap": {"en": "longest silence of the visit", "ja": "訪問中の最長の無信号時間"},
    "confidence": {"en": "confidence, 1 to 4", "ja": "確度（1から4）"},
    "enter": {"en": "distance at which a visit begins", "ja": "訪問の開始とする距離"},
    "leave": {"en": "distance at which it ends", "ja": "訪問の終了とする距離"},
    "rest": {"en": "speed at rest", "ja": "停止とみなす速力"},
    "places": {"en": "table of places", "ja": "場所の表"},
    "shore": {"en": "distance to shore", "ja": "岸までの距離"},
    "silence": {"en": "silence", "ja": "無信号時間"},
    "slots": {"en": "instants compared", "ja": "比較時点数"},
    "slot": {"en": "step of the shared clock", "ja": "共通時計の刻み"},
    "absence": {"en": "absence from the old place", "ja": "元の位置での不在時間"},
    "stay": {"en": "stay at the new place", "ja": "新しい位置での滞在時間"},
    "vessels": {"en": "vessels", "ja": "隻数"},
    "off": {"en": "distance from the place expected", "ja": "予測位置からの距離"},
    "between": {"en": "time between the two", "ja": "両者の間の時間"},
    "change": {"en": "change of speed", "ja": "速力の変化"},
    "name_edits": {"en": "letters in which the names differ", "ja": "船名の異なる字数"},
    "name_letters": {"en": "letters of the longer name", "ja": "長い方の船名の字数"},
    "rules": {"en": "rules that hold", "ja": "該当する規則の数"},
    "residual": {"en": "distance from even sailing", "ja": "等速航行からのずれ"},
    "contrary": {"en": "difference between speed made and reported", "ja": "実際と報告の速力差"},
    "even": {"en": "interval that counts as even", "ja": "均等とみなす間隔"},
    "uneven": {"en": "difference between intervals", "ja": "間隔の差"},
    "window_fixes": {"en": "reports judged together", "ja": "まとめて判定する報告数"},
    "rough_fixes": {"en": "exceptions", "ja": "例外の数"},
    "origin_spread": {"en": "distance between their true places", "ja": "真の位置の隔たり"},
    "landing_spread": {"en": "distance between their false places", "ja": "誤った位置の隔たり"},
    "landing": {"en": "distance between their false places", "ja": "誤った位置の隔たり"},
    "moved_min": {"en": "least displacement", "ja": "最小のずれ"},
    "moved_max": {"en": "greatest displacement", "ja": "最大のずれ"},
    "wander_max": {"en": "distance between the false places of one vessel", "ja": "一隻の誤った位置の隔たり"},
    "onset": {"en": "time between the first and the last to begin", "ja": "始まりの時間差"},
    "notable_distance": {"en": "distance told at all", "ja": "報告する距離"},
    "severe_distance": {"en": "distance of grade 2", "ja": "等級2の距離"},
    "distance_low": {"en": "least possible distance", "ja": "あり得る最小距離"},
    "distance_high": {"en": "greatest possible distance", "ja": "あり得る最大距離"},
    "own": {"en": "speed of the faster", "ja": "速い方の速力"},
    "relative": {"en": "speed relative to each other", "ja": "相対速力"},
    "opening": {"en": "distance come from and gone to", "ja": "前後に離れた距離"},
    "lane": {"en": "angle of courses taken for a lane", "ja": "航路とみなす針路の差"},
    "turn": {"en": "turn", "ja": "変針"},
    "head_on": {"en": "angle of a head-on meeting", "ja": "行会いの角度"},
    "accuracy": {"en": "uncertainty of a position", "ja": "位置の不確かさ"},
    "clock": {"en": "uncertainty of a time", "ja": "時刻の不確かさ"},
    "company": {"en": "range or speed of company", "ja": "同航の距離または速力"},
    "course_gap": {"en": "difference of courses", "ja": "針路の差"},
    "pace_gap": {"en": "difference of speeds", "ja": "速力の差"},
    "turn_slots": {"en": "turns", "ja": "変針回数"},
    "ahead": {"en": "distance ahead", "ja": "前方の距離"},
    "side": {"en": "way across the bow", "ja": "船首を横切る幅"},
    "crossing_slots": {"en": "steps with a crossing", "ja": "横切った区間数"},
    "vessels_min": {"en": "fewest vessels at once", "ja": "同時の最少隻数"},
    "vessels_max": {"en": "most vessels at once", "ja": "同時の最多隻数"},
    "link": {"en": "distance or speed of a link", "ja": "横付けの距離または速力"},
    "raft_slot": {"en": "step of the clock of rafts", "ja": "いかだの時計の刻み"},
    "legs": {"en": "lines", "ja": "線の数"},
    "leg": {"en": "length of a line", "ja": "線の長さ"},
    "leg_min": {"en": "shortest line", "ja": "最短の線"},
    "leg_max": {"en": "longest line", "ja": "最長の線"},
    "spacing": {"en": "distance between lines or its variation", "ja": "線の間隔またはそのばらつき"},
    "course": {"en": "course", "ja": "針路"},
    "start": {"en": "speed at its beginning", "ja": "開始時の速力"},
}
"""Names of measures and parameters without `min_`, `max_` and the unit; others are read as they are spelt."""

_METRES_ONLY_BELOW = 2000


def quantity(name: str, value: Any, lang: Language) -> str:
    """A number with the unit that its name carries: `silence_s`, `distance_m`, `pace_max_dkn`."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    unit = name.rsplit("_", 1)[-1]
    if unit == "s":
        return _duration(value, lang)
    if unit in ("m", "mm"):
        m = value if unit == "m" else value / 1000
        if m < _METRES_ONLY_BELOW:
            return f"{m:,.10g} m"
        return f"{m / NAUTICAL_MILE_M:,.1f} nm ({m / 1000:,.1f} km)"
    if unit == "dkn":
        return f"{value / 10:,.1f} kn"
    if unit == "dm":
        return f"{value / 10:,.1f} m"
    if unit in ("mmsi", "no"):
        return f"{value:09d}" if unit == "mmsi" else str(value)
    if unit in ("ddeg", "deg"):
        return f"{value / 10 if unit == 'ddeg' else value:g}°"
    return f"{value:,}"


def _duration(s: int, lang: Language) -> str:
    hour, minute, second = (" h", " min", " s") if lang == "en" else ("時間", "分", "秒")
    h, rest = divmod(s, 3600)
    m, s = divmod(rest, 60)
    parts = [f"{h:,}{hour}"] if h else []
    parts += [f"{m}{minute}"] if m else []
    parts += [f"{s}{second}"] if s or not parts else []
    return (" " if lang == "en" else "").join(parts)


def when(t: int, lang: Language) -> str:
    """A time with its zone named: UTC, and in Japanese JST (UTC+9) beside it."""
    utc = iso(t).replace("T", " ").replace("Z", "")
    if lang == "en":
        return f"{utc} UTC"
    jst = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=t // SECOND + 9 * 3600)
    return f"{utc} UTC（JST {jst:%m-%d %H:%M:%S}）"


def place(lat_e7: int, lon_e7: int) -> str:
    """A place as a chart is read: degrees, minutes, hundredths of a minute."""
    return f"{_angle(lat_e7, 'NS', 2)} {_angle(lon_e7, 'EW', 3)}"


def readable(text: str) -> str:
    """Text that others typed, with what a terminal would obey replaced by U+FFFD."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _angle(e7: int, signs: str, width: int) -> str:
    hundredths = (abs(e7) * 6000 + 5_000_000) // 10_000_000
    degrees, minutes = divmod(hundredths, 6000)
    return f"{degrees:0{width}d}°{minutes // 100:02d}.{minutes % 100:02d}′{signs[e7 < 0]}"
