/** ccore's own words about routing, which it writes in English, in the reader's language: pure. */
type Said = readonly [pattern: RegExp, chinese: string];

// `$1` … are what the pattern found; parts of a sentence are translated one by one.
const SENTENCES: readonly Said[] = [
  [/^line (\S+): callers in (\S+) need (.+) besides$/, "进入线路 $1：$2 语种客户另需 $3"],
  [/^line (\S+)$/, "进入线路 $1"],
  [/^has waited for (\d+) s: no queue of more weight goes before$/, "已等待 $1 秒：不再让位于权重更高的队列"],
  [/^priority (-?\d+): no class with a priority$/, "优先级 $1：客户等级没有加权"],
  [/^priority (-?\d+): class (\S+)$/, "优先级 $1：客户等级 $2"],
  [/^agents with (.+)$/, "需要技能：$1"],
  [/^any agent$/, "任何坐席均可"],
  [/^the queue keeps no agent for a caller$/, "该队列不为客户保留专属坐席"],
  [/^nobody of this queue has talked with this caller within (\d+) days$/, "$1 天内本队列没有坐席与该客户通过话"],
  [/^agent (\d+) served them last and is no agent any more$/, "上次服务的坐席 $1 已不在岗"],
  [/^agent (\d+) served them last and has not enough (.+) any more$/, "上次服务的坐席 $1 的技能 $2 已不足"],
  [/^agent (\d+) served them last and is (.+)$/, "上次服务的坐席 $1 当前：$2"],
  [/^agent (\d+) served them last$/, "上次由坐席 $1 服务"],
  [/^penalty (\d+) is the least of all who can be rung$/, "在可振铃的坐席中惩罚值 $1 最低（技能最匹配）"],
  [/^penalty (\d+) is the least of all who can be rung, before all others$/, "在可振铃的坐席中惩罚值 $1 最低，优先于其他人"],
  [/^penalty (\d+) is the least of all who can be rung, one of (\d+) who are alike$/, "惩罚值 $1 最低，与另外几人相同（共 $2 人）"],
  [/^has had no call since signing in$/, "签入后还没有接过电话"],
  [/^has rested for (\d+) s$/, "已空闲 $1 秒"],
  [/^has had (\d+) calls since signing in$/, "签入后已接 $1 通"],
  [/^signed in (\d+) s ago$/, "$1 秒前签入"],
  [/^before all others$/, "排在最前"],
  [/^one of (\d+) who are alike$/, "$1 名坐席条件相同，任选其一"],
  [/^is less skilled: penalty (\d+), not (\d+)$/, "技能匹配度较低：惩罚值 $1（应为 $2）"],
  [/^not yet for this caller: penalty (\d+)$/, "此时还轮不到：惩罚值 $1"],
  [/^not for this caller: penalty (\d+)$/, "不服务该客户：惩罚值 $1"],
  [/^not in turn$/, "未轮到"],
  [/^signed out$/, "已签出"],
  [/^paused \((.+)\)$/, "置忙（$1）"],
  [/^paused$/, "置忙"],
  [/^being rung$/, "正在振铃"],
  [/^wraps up for (\d+) s more$/, "话后处理中，还剩 $1 秒"],
  [/^wraps up$/, "话后处理中"],
  [/^talking$/, "通话中"],
  [/^ringing$/, "振铃中"],
  [/^unreachable$/, "话机不可用"],
  [/^rung for another caller$/, "正在为另一位客户振铃"],
  [/^kept for (.+)$/, "为 $1 保留"],
  [/^was rung just before, in vain$/, "刚刚振铃未接"],
  [/^not in Asterisk's line yet$/, "尚未进入线路"],
  [/^at another node, (.+)$/, "在另一节点 $1"],
];

/** A sentence of ccore's, in Chinese if `chinese` is wanted and it is known; else as it is. */
export function routed(text: string, chinese: boolean): string {
  if (!chinese) return text;
  const whole = known(text);
  if (whole !== undefined) return whole;
  const parts = text.split(/; |, (?=one of|before all)/);
  const found = parts.map(known);
  return found.every((each) => each !== undefined) ? found.join("；") : text;
}

function known(text: string): string | undefined {
  for (const [pattern, chinese] of SENTENCES) {
    if (pattern.test(text)) return text.replace(pattern, chinese);
  }
  return undefined;
}
